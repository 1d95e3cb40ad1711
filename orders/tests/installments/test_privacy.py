"""Plans in a person's export, in the way of an erasure while something is owed, and erased as invoices are."""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders.fiscal_expiry import expire
from orders.installments import moving, waiving
from orders.models import InstallmentBill, InstallmentEvent, InstallmentPlan, Order
from orders.privacy import _erase, _export, _obstacles
from orders.tests.factories import make_user
from orders.tests.installments.plans import ask, make_plan, pay, rows_of
from shop.core.privacy import personal_data
from shop.core.privacy.personal_data import Person

pytestmark = pytest.mark.django_db


def person_of(plan: InstallmentPlan) -> Person:
    assert plan.user_id
    plain = Person(emails=frozenset({plan.order.email}), user_id=plan.user_id)
    return personal_data.gather(plain)


def test_plans_quotes_and_bills_are_handed_out():
    plan = make_plan()
    pay(ask(plan, 1))
    found = _export(person_of(plan))
    (mine,) = found["instalment_plans"]
    assert mine["contract"] == plan.contract
    assert [row["number"] for row in mine["instalments"]] == [1, 2, 3]
    assert mine["instalments"][0]["events"][0]["kind"] == "paid"
    assert [bill["status"] for bill in mine["bills"]] == ["paid"]
    assert found["instalment_quotes"] == []


def test_what_is_owed_puts_an_erasure_off():
    plan = make_plan()
    person = person_of(plan)
    Order.objects.update(placed_at=timezone.now() - timedelta(days=400))
    (obstacle,) = _obstacles(person)
    assert obstacle.code == f"plan:{plan.order.number}"
    assert "175,98" in obstacle.words
    pay(ask(plan))
    assert not list(_obstacles(person))


def test_after_an_erasure_the_contract_names_the_buyer_as_long_as_the_invoice():
    plan = make_plan(make_user())
    pay(ask(plan, 1))
    name, person = plan.order.full_name, person_of(plan)
    waiving.waive(plan, number=2, amount=rows_of(plan)[1].open_amount, reason=f"{name} llamó", actor="x")
    pay(ask(plan, 3))
    tokens = set(InstallmentBill.objects.values_list("token", flat=True))
    assert name in plan.contract
    assert plan.accepted_from
    _erase(person)
    plan.refresh_from_db()
    assert (plan.user_id, plan.accepted_from) == (None, "")
    assert name in plan.contract
    assert not tokens & set(InstallmentBill.objects.values_list("token", flat=True))
    notes = InstallmentEvent.objects.filter(kind="waived", cause="staff").values_list("note", flat=True)
    assert list(notes) == ["erased llamó"]
    Order.objects.update(placed_at=timezone.now() - timedelta(days=12 * 366))
    assert expire() == 1
    plan.refresh_from_db()
    assert name not in plan.contract
    assert "CFTEA" in plan.contract
    assert moving.latest_for(plan, rows_of(plan)[0]) is None
