"""Fields for money and numbers: read as people write them, shown formatted, no decimals the currency lacks.

Every amount of the shop is a `MoneyField` in its model and in its form (checked by an architecture test), so that every
one follows the rule.
"""

from decimal import Decimal
from typing import Any, TypeVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.core import money
from shop.core.user_input import numerals


def validate_decimals(value: Decimal, currency: str | None = None) -> None:
    """Refuse an amount with more decimals than may be entered in the currency (the shop's by default).

    Raises: ValidationError (code `decimals`), with words.
    """
    if value.is_finite() and not money.fits(value, currency):
        raise ValidationError(decimals_refusal(currency), code="decimals")


def validate_size(value: Decimal) -> None:
    """Refuse an amount whose sums would not fit the books (`money.MOST_ENTERED`).

    Raises: ValidationError (code `too_large`), with words.
    """
    if abs(value) > money.MOST_ENTERED:
        raise ValidationError(size_refusal(), code="too_large")


def size_refusal() -> str:
    """Return the sentence about how large an entered amount may be."""
    return _("An amount may be %(most)s at most.") % {"most": money.display(money.MOST_ENTERED)}


def decimals_refusal(currency: str | None = None) -> str:
    """Return the sentence about how many decimals an amount may have."""
    code = currency or money.shop_currency()
    most = money.decimals(code)
    if not most:
        return _("Amounts in %(currency)s have no decimals.") % {"currency": code}
    return ngettext(
        "Amounts in %(currency)s have at most %(most)d decimal.",
        "Amounts in %(currency)s have at most %(most)d decimals.",
        most,
    ) % {"currency": code, "most": most}


def typed(text: object, *, is_whole: bool = False) -> Decimal | None:
    """Return the number typed into a form, read in the active language; None for nothing.

    Raises: ValidationError with words (codes `invalid`, `two_readings`).
    """
    if isinstance(text, float):
        raise money.FloatMoneyError(f"Amounts are Decimal, never float: {text!r}")
    if isinstance(text, Decimal | int) and not isinstance(text, bool):
        return Decimal(text)
    try:
        return numerals.read(str(text if text is not None else ""), is_whole=is_whole)
    except numerals.TwoReadings as error:
        raise ValidationError(
            _("%(text)s can be read in two ways: write %(whole)s, or %(cents)s.")
            % {"text": error.text, "whole": error.whole, "cents": error.cents},
            code="two_readings",
        ) from None
    except numerals.TooLarge:
        raise ValidationError(_("This number is too large."), code="invalid") from None
    except numerals.NotANumber:
        raise ValidationError(_("This is not a number."), code="invalid") from None


class NumberInput(forms.TextInput):
    """A text input, since a browser's number field drops the comma of `1234,5` and makes it ten times as much."""

    inputmode = "numeric"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        kept = {name: value for name, value in (attrs or {}).items() if name not in {"step", "min", "max"}}
        super().__init__({"autocomplete": "off", **kept, "inputmode": self.inputmode})

    def decimals(self) -> int:
        """Return how many decimals are always shown."""
        return 0

    def format_value(self, value: object) -> object:
        """Show a number as the reader writes it; what was typed stays as it was."""
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            # More decimals than the field takes are shown, and refused when they are sent: never rounded silently.
            exact = -int(Decimal(value).normalize().as_tuple().exponent)
            return numerals.write(value, decimals=max(self.decimals(), exact))
        return super().format_value(value)


class MoneyInput(NumberInput):
    """An amount in a currency (the shop's by default), shown with the decimals that it may have."""

    inputmode = "decimal"

    def __init__(self, attrs: dict[str, Any] | None = None, *, currency: str | None = None) -> None:
        super().__init__(attrs)
        self.currency = currency

    def decimals(self) -> int:
        """Return how many decimals the currency takes."""
        return money.decimals(self.currency)


def number_input(given: Any, kind: type[NumberInput]) -> forms.Widget:
    """Return a text input with the style of the widget given (one of `type=number`, perhaps); hidden ones stay."""
    widget: forms.Widget = given() if isinstance(given, type) else given or kind()
    is_kept = isinstance(widget, kind) or getattr(widget, "input_type", "") == "hidden"
    return widget if is_kept else kind(widget.attrs)


class _Limits:
    """A number whose refusals name their limit as the reader writes it: `0,01`, never `0.01`."""

    def run_validators(self, value: object) -> None:
        """Validate the number. Raises: ValidationError."""
        try:
            cast(Any, super()).run_validators(value)
        except ValidationError as error:
            for one in error.error_list:
                limit = (one.params or {}).get("limit_value")
                if isinstance(limit, Decimal | int) and not isinstance(limit, bool):
                    decimals = -int(Decimal(limit).normalize().as_tuple().exponent)
                    one.params = {
                        **(one.params or {}),
                        "limit_value": numerals.write(limit, decimals=max(decimals, 0)),
                    }
            raise


class MoneyField(_Limits, forms.DecimalField):
    """An amount, typed as people write it. `currency`: the shop's, unless the form says another.

    `is_recorded`: no person types it (a hidden field that brings back what was shown), so its decimals are not
    validated.
    """

    def __init__(self, *, currency: str | None = None, is_recorded: bool = False, **kwargs: Any) -> None:
        self.is_recorded = is_recorded
        kwargs.setdefault("max_digits", 14)
        kwargs.setdefault("decimal_places", 2)
        kwargs["widget"] = number_input(kwargs.get("widget"), MoneyInput)
        super().__init__(**kwargs)
        self.use_currency(currency)

    def use_currency(self, currency: str | None) -> None:
        """Validate and show the amount in another currency than the shop's."""
        self.currency = currency
        if isinstance(self.widget, MoneyInput):
            self.widget.currency = currency

    def widget_attrs(self, widget: forms.Widget) -> dict[str, object]:
        return {}

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs say int
        """Return the amount. Raises: ValidationError with words."""
        if value in self.empty_values:
            return None
        code = self.currency or money.shop_currency()
        if isinstance(value, str) and numerals.currency_of(value) not in {None, code}:
            raise ValidationError(
                _("This amount is in %(currency)s: write it so.") % {"currency": code}, code="currency"
            )
        return typed(value)

    def validate(self, value: Any) -> None:
        """Refuse decimals that the currency lacks."""
        super().validate(value)
        if value not in self.empty_values and not self.is_recorded:
            validate_decimals(value, self.currency)


class WholeField(_Limits, forms.IntegerField):
    """A whole number, typed as people write it: `1.000` units are a thousand."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["widget"] = number_input(kwargs.get("widget"), NumberInput)
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, object]:
        return {}

    def to_python(self, value: Any) -> int | None:
        """Return the number. Raises: ValidationError with words."""
        if value in self.empty_values:
            return None
        found = typed(value, is_whole=True)
        if found is not None and found != found.to_integral_value():
            raise ValidationError(_("A whole number is wanted."), code="invalid")
        return None if found is None else int(found)


_ST_contra = TypeVar("_ST_contra", contravariant=True)
_GT_co = TypeVar("_GT_co", covariant=True)


class ModelMoneyField(models.DecimalField[_ST_contra, _GT_co]):
    """An amount in a model, two places. Migrations see a plain decimal field.

    `is_recorded`: written by the shop or read from a provider, never typed; `amounts_with_decimals` leaves it out.
    """

    default_validators = [*models.DecimalField.default_validators, validate_decimals, validate_size]

    def __init__(self, *args: Any, is_recorded: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 14)
        kwargs.setdefault("decimal_places", 2)
        self.is_recorded = is_recorded
        if is_recorded:
            self.default_validators = models.DecimalField.default_validators
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Appear as a plain `DecimalField` in migrations: the rule is no part of the column."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DecimalField", args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        """Return the form's field for the amount."""
        return super().formfield(**{"form_class": MoneyField, **kwargs})
