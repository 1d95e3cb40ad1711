"""Columns of the back office that show a reason which a row keeps in the reader's language."""

from collections.abc import Callable

from django.contrib.admin import display
from django_stubs_ext import StrOrPromise

from shop.core.audit import labels


def reason_column(field: str, description: StrOrPromise) -> Callable[[object, object], str]:
    """Return a column with the reason in this field of a row in words; a dash where there is none."""

    @display(description=description, ordering=field)
    def shown(self: object, row: object) -> str:
        return labels.reason(getattr(row, field)) or "—"

    return shown
