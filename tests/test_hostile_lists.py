"""Every list of the back office, asked with garbage in its address: 400 or a list, never 500.

What garbage can break is the reading of the address and the list's own queries, so most addresses ask the view of the
list for these and make no page of them; one each is asked as a browser asks, page and middleware included.
"""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.templatetags.admin_list import date_hierarchy
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.exceptions import SuspiciousOperation
from django.db import models
from django.template.response import TemplateResponse
from django.test import RequestFactory
from django.urls import resolve, reverse
from unfold.templatetags.unfold_list import result_list

from shop.accounts.models import User
from shop.accounts.tests.factories import UserFactory
from shop.accounts.tests.staff_clients import boss
from shop.core.backoffice.changelists import ReadableLists
from tests.support.soak import amount

pytestmark = pytest.mark.django_db

GARBAGE = ["nonsense", "²", "99999999999999999999"]
EVERYWHERE = [
    "o=999",
    "o=-0.x.3",
    "o=²",
    "p=999999999999",
    "p=-1",
    "p=²",
    "all=",
    "e=1",
    "q=%F0%9F%98%80%25_'\"\\",
    "q=%00&p=%00&o=%00&e=1",
    "q=%C2%B2&p=%FF",
    "q=" + "9" * 40,
    "nonsense=1",
    "pk__in=x",
    "pk__range=1",
    "pk__trigram_similar=x",
    "pk__regex=(",
    "id__isnull=maybe",
    "_facets=²",
    "_to_field=nonsense",
]


def hostile(model_admin: Any) -> list[str]:
    """Return addresses' queries that mean nothing, for what this list can be asked by."""
    queries = list(EVERYWHERE)
    for field in model_admin.model._meta.concrete_fields:
        if isinstance(field, models.DateField):
            queries += [f"{field.name}__year=0", f"{field.name}__month=13&{field.name}__year=99999999999"]
    if model_admin.date_hierarchy:
        name = model_admin.date_hierarchy
        queries += [
            f"{name}__year=0",
            f"{name}__year=10000",
            f"{name}__year=2026&{name}__month=13",
            f"{name}__year=2026&{name}__month=2&{name}__day=99",
            f"{name}__month=5",
            f"{name}__day=31",
            f"{name}__year=99999999999999999999",
            f"{name}__year=²",
            f"{name}__year=-1",
            f"{name}__gte=yesterday",
        ]
    for entry in model_admin.list_filter:
        field = entry[0] if isinstance(entry, tuple) else entry
        if isinstance(field, str):
            queries += [
                f"{field}{end}={text}"
                for end in ("", "__exact", "__id__exact", "__isnull")
                for text in GARBAGE[:2]
            ]
            queries += [f"{field}__gte=2026-99-99", f"{field}__exact=99999999999999999999"]
        elif isinstance(field, type) and issubclass(field, SimpleListFilter):
            queries += [f"{field.parameter_name}={text}" for text in GARBAGE]
    return queries


def asked(view: Any, page: str, user: User, query: str) -> int:
    """Ask the view of a list, everything that its page would show included; return the status of its answer."""
    request = RequestFactory().get(f"{page}?{query}")
    request.user, request.resolver_match = user, resolve(page)
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    try:
        return int(view(request).status_code)
    except SuspiciousOperation:
        return 400


@pytest.fixture
def without_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a list fetch and compute what its page shows, and leave out the page around it."""

    def compute(answer: TemplateResponse) -> TemplateResponse:
        shown = (answer.context_data or {}).get("cl")
        if shown is not None:
            result_list({"request": answer._request}, shown)
            date_hierarchy(shown)
            for one in shown.filter_specs:
                list(one.choices(shown))
        return answer

    monkeypatch.setattr(TemplateResponse, "render", compute)
    monkeypatch.setattr(admin.site, "each_context", lambda request: {})


LABELS = sorted(model._meta.label for model in admin.site._registry)
# A usual run asks each list a part of this, and the next list another part.
PART = amount("garbage in the address of a list, of each list one in", usual=5, soak=1)
every_list = pytest.mark.parametrize("label", LABELS)


def found(label: str) -> tuple[str, Any]:
    """Return the address of the list of a model, and its model admin."""
    model, model_admin = next(pair for pair in admin.site._registry.items() if pair[0]._meta.label == label)
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"), model_admin


@every_list
def test_garbage_in_the_address_of_a_list_is_answered_by_400_or_a_list(label, without_pages):
    page, model_admin = found(label)
    user = UserFactory.create(is_staff=True, is_superuser=True)

    queries = ["", *hostile(model_admin)[LABELS.index(label) % PART :: PART]]
    answers = {query: asked(model_admin.changelist_view, page, user, query) for query in queries}

    assert {query: code for query, code in answers.items() if code not in {200, 302, 400}} == {}
    assert 200 in answers.values()
    assert isinstance(model_admin, ReadableLists)


@every_list
def test_the_page_of_a_list_asked_with_garbage_is_shown(label):
    page, _model_admin = found(label)
    client = boss()
    client.raise_request_exception = False

    assert client.get(f"{page}?q=%00&p=%C2%B2&o=%00&e=1").status_code in {200, 302, 400}


def test_a_year_that_never_was_is_told_in_words_with_a_way_back():
    page = reverse("admin:orders_order_changelist")

    answer = boss().get(f"{page}?created_at__year=0")

    assert answer.status_code == 400
    assert f'href="{page}"' in answer.content.decode()


def test_without_the_answer_in_words_the_view_would_break(monkeypatch, without_pages):
    page, model_admin = found("orders.Order")
    user = UserFactory.create(is_staff=True, is_superuser=True)
    assert asked(model_admin.changelist_view, page, user, "created_at__year=0") == 400
    monkeypatch.setattr("shop.core.backoffice.changelists._UNREADABLE", ())
    with pytest.raises(ValueError, match="year"):
        asked(model_admin.changelist_view, page, user, "created_at__year=0")


def test_without_the_answer_in_words_the_page_would_break(monkeypatch):
    monkeypatch.setattr("shop.core.backoffice.changelists._UNREADABLE", ())
    client = boss()
    with pytest.raises(ValueError, match="year"):
        client.get(reverse("admin:orders_order_changelist"), {"created_at__year": "0"})


SPELLERS = ["startswith", "contains", "icontains", "regex", "iregex", "endswith", "range", "search"]


@every_list
def test_no_list_can_be_filtered_by_parts_of_a_text_nor_by_what_its_pages_mask(label):
    model, model_admin = next(pair for pair in admin.site._registry.items() if pair[0]._meta.label == label)
    fields = list(model._meta.concrete_fields)
    masked = [field.name for field in fields if isinstance(field, models.JSONField | models.TextField)]

    lookups = [f"{field.name}__{end}" for field in fields if not field.is_relation for end in SPELLERS]
    lookups += [
        f"{name}{end}"
        for name in masked
        for end in ("", "__exact", "__gt", "__lte", "__client_secret__gt", "__0")
    ]

    assert [lookup for lookup in lookups if model_admin.lookup_allowed(lookup, "x", None)] == []


@every_list
def test_an_empty_form_whose_address_fills_in_garbage_is_shown_without_it(label):
    model = next(model for model in admin.site._registry if model._meta.label == label)
    client = boss()
    client.raise_request_exception = False
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
    names = [field.name for field in (*model._meta.concrete_fields, *model._meta.many_to_many)]

    answer = client.get(page, dict.fromkeys(names, "ab,²"))

    assert answer.status_code in {200, 403}
