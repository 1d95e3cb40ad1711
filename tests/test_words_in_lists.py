"""The back office speaks the reader's language: no code of a row, no English reason of the shop, is shown.

Each column of each list, and what stands on the page of a row to be read, is asked about a row that was made up, once
for each of its states; nothing is saved.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import Model
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils import translation
from django.utils.html import strip_tags

from shop.accounts.models import User

pytestmark = pytest.mark.django_db
# What rows keep, by the name of their column: a code, or a reason that the shop writes itself.
CODES: Final = {
    "gateway": "mercadopago",
    "provider": "mercadopago",
    "carrier": "andreani",
    "status_detail": "cc_rejected_high_risk",
    "reason": "released by staff",
    "end_reason": "released by staff",
    "reference": "order #10001",
    "attention_reason": "out of stock",
    "last_error": "A bank transfer goes back by another one",
    "error": "A bank transfer goes back by another one",
    "subject_type": "orders.order",
    "authority": "arca",
}
# These rows have other reasons, kinds and carriers: people typed them.
TYPED: Final = {
    "inventory.StockRepair": {"reason"},
    "inventory.Transfer": {"reference"},
    "orders.LabelPurchase": {"reference"},
    "orders.Return": {"carrier"},
    "orders.Shipment": {"carrier"},
    "orders.ShippingMethod": {"carrier"},
    "payments.BankCredit": {"reference"},
    "payments.PayoutLine": {"reference"},
    "payments.StrayPayment": {"reference"},
    "payments.WebhookEvent": {"reference"},
}


def rows_of(model: type[Model]) -> Iterator[tuple[Model, set[str]]]:
    """Yield a row for each state of each column with choices, and the codes that it has."""
    fields = [one for one in model._meta.concrete_fields if isinstance(one, models.CharField)]
    typed = TYPED.get(model._meta.label, set())
    plain = {one.name: CODES[one.name] for one in fields if one.name in CODES and not one.choices}
    plain = {name: code for name, code in plain.items() if name not in typed}
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    others: dict[str, object] = {
        one.name: moment for one in model._meta.concrete_fields if isinstance(one, models.DateTimeField)
    }
    chosen = [(one.name, str(code)) for one in fields for code, _label in one.flatchoices if code]
    for name, code in chosen or [("", "")]:
        states = {name: code} if name else {}
        try:
            yield model(**others, **plain, **states), {*plain.values(), code} - {""}
        except TypeError:
            return


def read_only(model_admin: ModelAdmin[Model], row: Model, request: HttpRequest) -> Sequence[object]:
    """Return what stands on the page of a row for somebody to read and not to change."""
    fields = flatten_fieldsets(model_admin.get_fieldsets(request, row))
    if not model_admin.has_change_permission(request, row):
        return fields
    fixed = model_admin.get_readonly_fields(request, row)
    return [field for field in fields if field in fixed]


def shown(model_admin: ModelAdmin[Model], row: Model, columns: Sequence[object]) -> Iterator[tuple[str, str]]:
    """Yield each column as it is shown, without those that read other rows."""
    for column in columns:
        asked = column if callable(column) else getattr(model_admin, str(column), None)
        try:
            if asked is not None:
                value = asked(row)
            else:
                display = getattr(row, f"get_{column}_display", None)
                value = display() if display else getattr(row, str(column))
        except (ObjectDoesNotExist, NoReverseMatch, AttributeError, TypeError, ValueError, KeyError):
            continue
        if isinstance(value, tuple):
            value = value[-1]
        if isinstance(value, str):
            yield str(column), strip_tags(value)


def is_shown(code: str, words: str) -> bool:
    """Say whether the words have the code in them, as a word of its own."""
    return re.search(rf"(?<![\w-]){re.escape(code)}(?![\w-])", words) is not None


LABELS: Final = sorted(model._meta.label for model in admin.site._registry)


def codes_shown(
    label: str, columns: Callable[[ModelAdmin[Model], Model], Sequence[object]]
) -> set[tuple[str, str]]:
    """Return each column of a model's list or page, with the code that it shows."""
    model, model_admin = next(pair for pair in admin.site._registry.items() if pair[0]._meta.label == label)
    found = set()
    with translation.override("es"):
        for row, codes in rows_of(model):
            for column, words in shown(model_admin, row, columns(model_admin, row)):
                # A code may be a word of the reader's language: "manual", "total".
                labels = [str(name) for one in model._meta.concrete_fields for _code, name in one.flatchoices]
                seen = {code for code in codes if is_shown(code, words)}
                found |= {(column, code) for code in seen if not any(is_shown(code, one) for one in labels)}
    return found


@pytest.mark.parametrize("label", LABELS)
def test_no_list_shows_a_code_or_an_english_reason(label):
    assert codes_shown(label, lambda model_admin, row: model_admin.list_display) == set()


@pytest.mark.parametrize("label", LABELS)
def test_no_page_of_a_row_shows_a_code_or_an_english_reason(label, rf):
    request = rf.get("/")
    request.user = User(is_staff=True, is_superuser=True)
    assert codes_shown(label, lambda model_admin, row: read_only(model_admin, row, request)) == set()


def test_control_a_column_that_shows_what_the_row_keeps_is_found(monkeypatch):
    monkeypatch.setattr("payments.admin.presentation.labels.reason", str)
    with pytest.raises(AssertionError, match="error_line"):
        test_no_list_shows_a_code_or_an_english_reason("payments.Refund")
