"""Offers of instalments in the back office: typed in percent, versioned, previewed, forbidden where the law forbids."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from orders.models import InstallmentOffer
from orders.tests.installments.plans import make_offer
from shop.accounts.tests.staff_clients import boss, clerk

pytestmark = pytest.mark.django_db
TYPED = {
    "name": "3 cuotas",
    "is_active": "on",
    "count": "3",
    "factor": "19,5",
    "due_policy": "monthly",
    "due_day": "10",
    "late_monthly_rate": "0",
    "grace_days": "3",
    "min_amount": "1.234,50",
}


def page(offer: InstallmentOffer) -> str:
    return reverse("admin:orders_installmentoffer_change", args=[offer.pk])


def send(client: Client, offer: InstallmentOffer, **changes: str) -> Any:
    return client.post(page(offer), {**TYPED, **changes})


def test_a_new_offer_is_typed_as_people_write():
    answer = boss().post(reverse("admin:orders_installmentoffer_add"), {**TYPED, "code": "tres"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    made = InstallmentOffer.objects.get(code="tres")
    assert (made.factor, made.min_amount) == (Decimal("0.195"), Decimal("1234.50"))
    again = boss().post(reverse("admin:orders_installmentoffer_add"), {**TYPED, "code": "tres"})
    assert "code" in again.context["adminform"].form.errors


def test_changed_terms_make_a_version_with_the_scopes_that_were_typed():
    from catalog.models import CustomerGroup

    offer, group = make_offer(), CustomerGroup.objects.create(name="club")
    assert send(boss(), offer, groups=str(group.pk)).status_code == 302
    now = InstallmentOffer.objects.get(code=offer.code, is_current=True)
    assert (now.version, now.factor, list(now.groups.all())) == (2, Decimal("0.195"), [group])
    offer.refresh_from_db()
    assert (offer.factor, offer.is_current) == (Decimal("0.19"), False)
    assert not offer.groups.exists()
    assert send(boss(), now, name="tres").status_code == 302
    now.refresh_from_db()
    assert (now.name, now.version, now.is_current) == ("tres", 2, True)


def test_who_sends_the_form_of_a_version_that_was_replaced_is_led_to_the_present_one():
    offer, client = make_offer(), boss()
    shown = client.get(page(offer)).context["shown"]
    send(boss(), offer)
    now = InstallmentOffer.objects.get(code=offer.code, is_current=True)
    answer = client.post(page(offer), {**TYPED, "factor": "99", "shown": shown})
    assert answer["Location"] == page(now)
    assert InstallmentOffer.objects.filter(code=offer.code).count() == 2
    assert not client.get(page(offer)).context["has_change_permission"]


def test_the_preview_shows_the_cost_of_what_is_typed_and_saves_nothing():
    offer = make_offer()
    answer = send(boss(), offer, factor="19", _preview="1", preview_price="1.680,00")
    preview = answer.context["preview"]
    assert (preview.amount, preview.total) == (Decimal("586.60"), Decimal("1759.80"))
    words = answer.content.decode()
    assert "32,25" in words
    assert "28,28" in words
    offer.refresh_from_db()
    assert (offer.version, offer.min_amount) == (1, Decimal(0))
    bad = send(boss(), offer, _preview="1", preview_price="mucho")
    assert bad.context["preview"] is None
    assert bad.status_code == 200


def test_what_brazil_forbids_is_not_offered_and_says_why(settings):
    settings.SHOP_COUNTRY = "BR"
    offer = make_offer()
    answer = send(boss(), offer)
    assert "1,00" in str(answer.context["adminform"].form.errors["is_active"])
    assert send(boss(), offer, is_active="").status_code == 302
    lawful = make_offer(factor="0.08", is_active=False)
    assert send(boss(), lawful, factor="8").status_code == 302


def test_notice_and_sum_of_the_year_and_who_may_see():
    offer = make_offer()
    words = boss().get(page(offer)).content.decode()
    assert "BCRA" in words
    listed = reverse("admin:orders_installmentoffer_changelist")
    assert "BCRA" in boss().get(listed).content.decode()
    assert clerk("warehouse").get(listed).status_code == 403
    assert clerk("warehouse").get(page(offer)).status_code == 403
    assert clerk("support").get(page(offer)).status_code == 200
    assert send(clerk("support"), offer).status_code == 403
    assert send(clerk("manager"), offer).status_code == 302
