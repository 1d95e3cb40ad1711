"""Plans of instalments in the back office: what is open, the acts that are next, reports; and who may see which."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.models import Installment, InstallmentBill, InstallmentPlan, Order
from orders.tests.factories import level_of
from orders.tests.installments.clock import Clock
from orders.tests.installments.plans import ask, make_goods, make_offer, make_plan, pay, rows_of
from shop.accounts.tests.staff_clients import boss, carried, clerk, queries
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db
Status = InstallmentPlan.Status
LIST = "admin:orders_installmentplan_changelist"


def at(plan: InstallmentPlan, act: str = "change") -> str:
    return reverse(f"admin:orders_installmentplan_{act}", args=[plan.pk])


def send(client: Client, plan: InstallmentPlan, act: str, **typed: Any) -> Any:
    """Open the form of an act, and send it."""
    return client.post(at(plan, act), {**carried(client, at(plan, act)), **typed})


def active(user: Any = None) -> InstallmentPlan:
    plan = make_plan(user)
    pay(ask(plan, 1))
    plan.refresh_from_db()
    return plan


def test_the_page_shows_what_is_open_and_what_paying_off_costs():
    plan = make_plan()
    pay(ask(plan, 1))
    answer = boss().get(at(plan))
    words = answer.content.decode()
    for part in ("117,32", "CFTEA", "32,25", "28,28", str(plan.order), plan.order.email):
        assert part in words, part
    context = answer.context
    assert [context[name] for name in ("open", "payoff", "waived_now")] == list(
        map(Decimal, ("117.32", "112.00", "5.32"))
    )
    titles = " | ".join(entry.title for entry in context["entries"])
    assert "1/3: pagad" in titles


def test_the_buttons_are_those_of_the_state_and_of_the_rights():
    plan, client = make_plan(), boss()

    def offered(who: Client) -> set[str]:
        acts = who.get(at(plan)).context["actions_detail"]
        return {str(one["path"]).rstrip("/").rpartition("/")[2] for one in acts}

    assert offered(client) == {"remind", "link", "move-due-date", "note-call", "cancel"}
    pay(ask(plan, 1))
    assert offered(client) == {"remind", "link", "move-due-date", "note-call", "waive"}
    assert offered(clerk("support")) == {"remind", "link", "move-due-date", "note-call"}
    pay(ask(plan))
    assert offered(client) == {"note-call"}


def test_remind_once_a_day():
    plan, client = make_plan(), boss()
    assert send(client, plan, "remind").status_code == 302
    assert EmailLog.objects.filter(kind="installment_reminder").count() == 1
    assert send(client, plan, "remind").status_code == 422
    assert EmailLog.objects.filter(kind="installment_reminder").count() == 1


def test_a_link_is_made_and_stands_on_the_page():
    plan, client = make_plan(), boss()
    assert send(client, plan, "link", numbers=["1", "2"]).status_code == 302
    bill = InstallmentBill.objects.get()
    assert sorted(line.installment.number for line in bill.lines.all()) == [1, 2]
    address = reverse("orders:installments_bill", args=[bill.token])
    assert address in client.get(at(plan)).content.decode()
    assert address not in clerk("manager").get(reverse(LIST)).content.decode()


def test_a_due_date_is_moved_for_the_buyer_by_the_buyers_rule():
    plan, client = make_plan(), boss()
    first = rows_of(plan)[0]
    late, good = first.due_date + timedelta(days=40), first.due_date + timedelta(days=5)
    assert send(client, plan, "move_due_date", number="1", to=late.isoformat()).status_code == 422
    assert send(client, plan, "move_due_date", number="1", to=good.isoformat()).status_code == 302
    assert rows_of(plan)[0].due_date == good


def test_waiving_is_typed_as_people_write_and_needs_the_right():
    make_offer()
    plan = make_plan(price="100000.00")
    pay(ask(plan, 1))
    before = rows_of(plan)[1].open_amount
    typed = {"number": "2", "amount": "1.234,50", "reason": "llegó tarde"}
    assert clerk("support").get(at(plan, "waive")).status_code == 403
    assert send(boss(), plan, "waive", **typed).status_code == 302
    row = rows_of(plan)[1]
    assert (row.waived, before - row.open_amount) == (Decimal("1234.50"), Decimal("1234.50"))
    assert row.events.get(kind="waived").note == "llegó tarde"
    assert send(boss(), plan, "waive", **(typed | {"amount": "9.999.999"})).status_code == 422


def test_waiving_all_that_is_left_ends_the_plan_and_its_bills():
    plan = active()
    link = ask(plan, 2)
    for number in ("2", "3"):
        assert send(boss(), plan, "waive", number=number, amount="58,66", reason="x").status_code == 302
    plan.refresh_from_db()
    link.refresh_from_db()
    assert (plan.status, link.status) == (Status.PAID, "ended")


def test_cancelling_does_what_its_page_says():
    variant = make_goods()
    plan, client = make_plan(variant=variant), boss()
    lead = client.get(at(plan, "cancel")).context["lead"]
    assert f"1 × {variant.sku}" in lead
    assert "175,98" in lead
    assert send(client, plan, "cancel", reason="lo pidió").status_code == 302
    plan.refresh_from_db()
    plan.order.refresh_from_db()
    assert (plan.status, plan.order.status) == (Status.CANCELLED, Order.Status.CANCELLED)
    assert level_of(variant.pk).on_hand == 10
    assert send(client, plan, "cancel", reason="otra vez").status_code == 422


def test_a_call_is_noted_and_stands_in_the_list_to_call(clock: Clock):
    plan = active()
    clock.go_to(rows_of(plan)[1].due_date + timedelta(days=20))
    client = boss()
    send(client, plan, "note_call", note="paga el lunes")
    words = client.get(reverse("admin:orders_installmentplan_to_call")).content.decode()
    for part in ("paga el lunes", "58,66", ">\n                    20\n", plan.order.phone):
        assert part in words, part
    file = client.get(reverse("admin:orders_installmentplan_to_call_file")).getvalue().decode()
    assert "paga el lunes" in file
    assert file.count("\n") == 2


def test_open_instalments_by_age(clock: Clock):
    plan = active()
    clock.go_to(rows_of(plan)[1].due_date + timedelta(days=45))
    client = boss()
    ages = client.get(reverse("admin:orders_installmentplan_aging")).context["ages"]
    found = {age.key: (age.installments, age.amount) for age in ages}
    assert found["31-60"] == (1, Decimal("58.66"))
    assert found["1-30"] == (1, Decimal("58.66"))  # The third, a month later.
    assert sum(number for number, _amount in found.values()) == 2
    file = client.get(reverse("admin:orders_installmentplan_aging_file")).getvalue().decode()
    assert file.count("\n") == 3
    assert "31 a 60" in file


def test_differences_of_what_was_promised():
    from shop.core.ids import uuid7

    plan = active()
    client = boss()
    page = reverse("admin:orders_installmentplan_differences")
    (charge,) = client.get(page).context["rows"]
    assert str(charge.what) == "Lo pedido y lo cobrado difieren"  # Booked without a payment of a provider.
    assert uuid7() != plan.pk


def test_whoever_may_not_see_sees_by_no_road():
    plan = make_plan()
    stranger = clerk("warehouse")
    addresses = [reverse(LIST), at(plan)]
    addresses += [
        reverse(f"admin:orders_installmentplan_{name}")
        for name in ("to_call", "to_call_file", "aging", "aging_file", "differences")
    ]
    addresses += [
        at(plan, act) for act in ("remind", "link", "move_due_date", "waive", "cancel", "note_call")
    ]
    assert {address: stranger.get(address).status_code for address in addresses} == dict.fromkeys(
        addresses, 403
    )
    assert "Planes de cuotas" not in stranger.get(reverse("admin:index")).content.decode()
    supporter = clerk("support")
    assert {supporter.get(address).status_code for address in addresses if "waive" not in address} == {200}


def test_list_and_page_cost_the_same_however_much_there_is(clock: Clock):
    make_offer(6)
    plan = active()
    names = ["changelist", "to_call", "aging", "differences"]
    listed = [reverse(f"admin:orders_installmentplan_{name}") for name in names]

    def costs(of: InstallmentPlan) -> list[int]:
        clock.go_to(rows_of(plan)[1].due_date + timedelta(days=30))
        client = boss()
        for address in listed:
            client.get(address)
        found = [queries(client, address) for address in [*listed, at(of)]]
        clock.ahead = timedelta(0)
        return found

    few = costs(plan)
    for _ in range(3):
        more = active()
        ask(more, 2)
        pay(ask(more, 3))
    many = costs(more)
    assert all(now <= before for now, before in zip(many, few, strict=True)), (few, many)


def test_the_filters_find_what_they_say(clock: Clock):
    plan, waiting = active(), make_plan()
    clock.go_to(rows_of(plan)[1].due_date + timedelta(days=20))
    InstallmentPlan.objects.filter(pk=waiting.pk).update(pay_first_by=timezone.now())
    client = boss()

    def found(query: str) -> set[object]:
        return {row.pk for row in client.get(f"{reverse(LIST)}?{query}").context["cl"].result_list}

    assert found("due=first") == {waiting.pk}
    assert plan.pk in found("due=overdue")
    assert found(f"q={plan.order.number}") == {plan.pk}
    assert Installment.objects.filter(plan=plan).count() == 3
