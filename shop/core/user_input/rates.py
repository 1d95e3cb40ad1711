"""Fields for rates: stored as fractions (0.19), typed and shown in percent as people write it (19 or 19,5)."""

from decimal import Decimal
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from shop.core.user_input import numerals
from shop.core.user_input.fields import NumberInput, number_input, typed

_PERCENT = 100


class RateInput(NumberInput):
    """A fraction, shown in percent."""

    inputmode = "decimal"

    def decimals(self) -> int:
        return 2

    def format_value(self, value: object) -> object:
        """Show a fraction in percent; what was typed stays as it was."""
        return super().format_value(value * _PERCENT if isinstance(value, Decimal) else value)


class RateField(forms.DecimalField):
    """A rate typed in percent; its value is the fraction. `min_value` and `max_value` are fractions."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["widget"] = number_input(kwargs.get("widget"), RateInput)
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, object]:
        return {}

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs say int
        """Return the fraction. Raises: ValidationError with words."""
        if value in self.empty_values:
            return None
        percent = typed(value)
        return None if percent is None else percent / _PERCENT


class RateRange:
    """A model's validator: a fraction from 0 to `most`, refused in percent."""

    def __init__(self, most: str) -> None:
        self.most = Decimal(most)

    def __call__(self, value: Decimal) -> None:
        if not 0 <= value <= self.most:
            limit = numerals.write(self.most * _PERCENT, decimals=0)
            raise ValidationError(_("Between 0 %% and %(most)s %%.") % {"most": limit}, code="range")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RateRange) and other.most == self.most

    def __hash__(self) -> int:
        return hash(self.most)

    def deconstruct(self) -> tuple[str, tuple[str], dict[str, str]]:
        """Appear in migrations by the limit."""
        return "shop.core.user_input.rates.RateRange", (str(self.most),), {}


_ST_contra = TypeVar("_ST_contra", contravariant=True)
_GT_co = TypeVar("_GT_co", covariant=True)


class ModelRateField(models.DecimalField[_ST_contra, _GT_co]):
    """A rate in a model, a fraction. Migrations see a plain decimal field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 12)
        kwargs.setdefault("decimal_places", 6)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Appear as a plain `DecimalField` in migrations."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DecimalField", args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        """Return the form's field, in percent."""
        return super().formfield(**{"form_class": RateField, **kwargs})
