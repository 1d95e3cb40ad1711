"""Bills of instalments through attempts, settling, late and second payments: by the rules of every other payment."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from orders.installments import cancelling
from orders.models import InstallmentBill, InstallmentPlan, Payable
from orders.tests.factories import make_cart, make_session, make_user
from orders.tests.installments.clock import Clock
from orders.tests.installments.plans import ask, make_checkout, make_goods, make_offer, make_plan, rows_of
from payments.models import Payment, PaymentAttempt, Refund
from payments.settlement import settle
from payments.tests.world import GATEWAYS, World

pytestmark = pytest.mark.django_db
ACTOR = "shopper"
Status = InstallmentPlan.Status


def begin(bill: InstallmentBill, gateway: str = "stripe") -> PaymentAttempt:
    """Start to pay a bill, as its page does."""
    answer = Client().post(reverse("payments:start", args=[bill.token]), {"gateway": gateway})
    assert answer.status_code in {302, 303}, answer.content[:500]
    return bill.payable.attempts.latest("created_at")


def settled(attempt: PaymentAttempt) -> Payment:
    """Ask the provider, and return the attempt's newest payment."""
    settle.settle(attempt_id=attempt.pk, actor=ACTOR)
    return attempt.payments.latest("created_at")


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_an_instalment_is_paid_on_the_providers_page(providers: World, gateway: str):
    plan = make_plan()
    bill = ask(plan, 1)
    attempt = begin(bill, gateway)
    assert attempt.amount == bill.amount
    providers.pay(attempt)
    payment = settled(attempt)
    assert (payment.role, payment.order_id, payment.payable_id) == ("order", plan.order_id, bill.payable_id)
    plan.refresh_from_db()
    assert plan.status == Status.ACTIVE
    assert rows_of(plan)[0].open_amount == 0
    # Whoever pays by the link lands on what was paid, never on the order.
    landed = Client().get(reverse("payments:status", args=[attempt.token]), follow=True)
    assert landed.redirect_chain == [(reverse("orders:installments_bill", args=[bill.token]), 302)]
    assert plan.order.secret not in landed.text
    assert settled(attempt) == payment
    assert plan.order.payments.filter(role="order").count() == 1


def test_every_instalment_is_a_payment_of_the_order(providers: World):
    plan = make_plan()
    for number in (1, 2, 3):
        attempt = begin(ask(plan, number))
        providers.pay(attempt)
        settled(attempt)
    plan.refresh_from_db()
    assert plan.status == Status.PAID
    assert plan.order.payments.filter(role="order").count() == 3


def test_another_bill_closes_the_first_ones_checkout(providers: World):
    plan = make_plan()
    first = begin(ask(plan, 1))
    everything = begin(ask(plan))
    first.refresh_from_db()
    assert (first.status, everything.status) == ("cancelled", "redirected")


def test_what_is_paid_meanwhile_is_settled_and_the_second_is_not_begun(providers: World):
    plan = make_plan()
    first = begin(ask(plan, 1))
    providers.pay(first)
    answer = Client().post(reverse("payments:start", args=[ask(plan).token]), {"gateway": "stripe"})
    assert first.token in answer["Location"]
    assert rows_of(plan)[0].open_amount == 0
    assert not PaymentAttempt.objects.exclude(pk=first.pk).exists()


def test_one_instalment_paid_by_two_links_at_once_is_refunded_once(
    providers: World, monkeypatch: pytest.MonkeyPatch
):
    plan = make_plan()
    one, both = ask(plan, 1), ask(plan, 1, 2)
    first = begin(one)
    monkeypatch.setattr(
        "payments.checkout.attempts._close_rivals", lambda payable, **_: None
    )  # Both at once.
    second = begin(both)
    providers.pay(second)
    providers.pay(first)
    assert settled(second).role == "order"
    late = settled(first)
    assert late.role == "surplus"
    assert late.refunds.get().amount == late.amount
    assert sum(row.paid for row in rows_of(plan)) == both.amount


def test_a_payment_of_another_amount_waits_for_people_and_settles_what_it_can(providers: World):
    plan = make_plan()
    attempt = begin(ask(plan, 1))
    PaymentAttempt.objects.update(amount=Decimal("20.00"))
    providers.pay(attempt)
    payment = settled(attempt)
    assert payment.role == "mismatch"
    Payment.objects.update(amount=Decimal("20.00"))
    settle.resolve(payment, actor="staff", accept=True)
    assert str(rows_of(plan)[0].paid) == "20.00"
    plan.refresh_from_db()
    assert plan.status == Status.AWAITING


def test_a_cancelled_plans_money_goes_back(providers: World):
    plan = make_plan()
    attempt = begin(ask(plan, 1))
    providers.pay(attempt)
    with transaction.atomic():
        assert cancelling.cancel(plan, actor="job") == "cancelled"
    payment = settled(attempt)
    assert payment.role == "surplus"
    assert Refund.objects.get(payment=payment).amount == payment.amount


def test_an_order_of_a_plan_takes_no_money_for_its_checkout(providers: World):
    plan = make_plan()
    payable = Payable.objects.get_or_create(
        pk=plan.order.checkout_id, defaults={"kind": "checkout", "purchase": plan.order.checkout}
    )[0]
    answer = Client().post(reverse("payments:start", args=[plan.order.checkout.token]), {"gateway": "stripe"})
    assert not payable.attempts.exists()
    assert answer.status_code in {302, 404}


def test_a_bill_of_another_day_is_asked_for_again(providers: World, monkeypatch: pytest.MonkeyPatch):
    plan = make_plan()
    bill = ask(plan, 1)
    Clock(monkeypatch).pass_days(1)
    answer = Client().post(reverse("payments:start", args=[bill.token]), {"gateway": "stripe"})
    assert answer["Location"] == reverse("orders:installments_bill", args=[bill.token])
    assert not PaymentAttempt.objects.exists()


@pytest.mark.parametrize("name", ["installments", "installments_receipt", "installments_bill"])
def test_nothing_of_a_plan_is_seen_without_its_token(name: str):
    make_plan()
    assert Client().get(reverse(f"orders:{name}", args=["x" * 43])).status_code == 404


def test_the_list_of_plans_is_for_who_signed_in_and_of_their_own():
    plan = make_plan()
    assert Client().get(reverse("orders:installments_mine")).status_code == 302
    client = Client()
    client.force_login(make_user())
    assert str(plan.order) not in client.get(reverse("orders:installments_mine")).text
    assert plan.user
    client.force_login(plan.user)
    assert str(plan.order) in client.get(reverse("orders:installments_mine")).text


def test_the_pages_of_a_plan():
    plan = make_plan()
    secret = plan.order.secret
    shown = Client().get(reverse("orders:installments", args=[secret])).text
    assert "58,66" in shown
    assert "168" in shown  # All of it, today.
    assert "32,25" in Client().get(reverse("orders:installments_receipt", args=[secret])).text
    asked = Client().post(reverse("orders:installments_pay", args=[secret]), {"number": ["1", "2"]})
    bill = InstallmentBill.objects.get()
    assert asked["Location"] == reverse("orders:installments_bill", args=[bill.token])
    assert "112" in Client().get(asked["Location"]).text
    client = Client()
    client.post(reverse("orders:installments_pay", args=[secret]), {"number": ["1"], "all": "1"})
    assert InstallmentBill.objects.latest("created_at").kind == "payoff"
    day = rows_of(plan)[0].due_date + timedelta(days=5)
    Client().post(reverse("orders:installments_move", args=[secret]), {"number": "1", "day": day.isoformat()})
    assert rows_of(plan)[0].due_date == day


@pytest.mark.parametrize("sent", [{}, {"number": "x"}, {"number": "9"}, {"number": "99999999999"}])
def test_nonsense_makes_no_bill(sent: dict[str, str]):
    plan = make_plan()
    page = reverse("orders:installments", args=[plan.order.secret])
    assert Client().post(page + "pagar/", sent)["Location"] == page
    assert Client().post(page + "mover/", {**sent, "day": "2026-13-45"})["Location"] == page
    assert not InstallmentBill.objects.exists()


def test_instalments_in_the_checkout_from_the_choice_to_the_order():
    make_offer()
    session = make_checkout()
    assert session.user
    client = Client()
    client.force_login(session.user)
    page = reverse("orders:checkout_payment", args=[session.token])
    shown = client.get(page).text
    assert "58,66" in shown
    assert "32,25" in shown
    quote = session.quotes.get()
    review = reverse("orders:checkout_installments", args=[session.token])
    assert "Leí el contrato" in client.get(review, {"quote": str(quote.pk)}).text
    assert client.post(review, {"quote": str(quote.pk)}).status_code == 422
    answer = client.post(review, {"quote": str(quote.pk), "accepts": "on"})
    plan = InstallmentPlan.objects.get()
    assert answer["Location"] == reverse("orders:installments", args=[plan.order.secret])
    assert client.get(page)["Location"] == reverse("orders:order_secret", args=[plan.order.secret])
    assert client.get(reverse("orders:order_secret", args=[plan.order.secret])).status_code == 200


def test_a_guest_signs_in_before_buying_in_instalments():
    make_offer()
    session = make_session(make_cart((make_goods(), 1)))
    shown = Client().get(reverse("orders:checkout_payment", args=[session.token])).text
    assert "58,66" in shown
    review = reverse("orders:checkout_installments", args=[session.token])
    assert "/cuenta/" in Client().get(review, {"quote": str(session.quotes.get().pk)})["Location"]


def test_a_guest_reads_that_an_account_is_needed_with_links_that_come_back():
    make_offer()
    session = make_session(make_cart((make_goods(), 1)))
    page = reverse("orders:checkout_payment", args=[session.token])
    shown = Client().get(page).text
    for name in ("account_login", "account_signup"):
        assert f"{reverse(name)}?next={page}" in shown
    login = Client().get(reverse("account_login"), {"next": page}).text
    assert page in login


def test_a_customer_whom_a_limit_rules_out_reads_why_and_can_choose_none(settings: Any):
    plan = make_plan()
    assert plan.user
    session, client = make_checkout(plan.user), Client()
    client.force_login(plan.user)
    page = reverse("orders:checkout_payment", args=[session.token])
    assert "?quote=" in client.get(page).text
    settings.INSTALLMENT_MAX_PLANS = 1
    shown = client.get(page).text
    assert "Ya tenés 1 plan abierto" in shown
    assert "58,66" in shown
    assert "?quote=" not in shown


def test_a_limit_that_rules_out_some_instalments_is_said_beside_those_alone(settings: Any):
    make_offer(3, "0.19")
    make_offer(12, "0.12")
    session, client = make_checkout(), Client()
    assert session.user
    settings.INSTALLMENT_MAX_EXPOSURE = Decimal("180.00")
    client.force_login(session.user)
    shown = client.get(reverse("orders:checkout_payment", args=[session.token])).text
    assert shown.count("?quote=") == 1
    assert shown.count("Con esta compra") == 1


def test_where_nothing_is_offered_nothing_is_shown():
    session, client = make_checkout(), Client()
    assert session.user
    client.force_login(session.user)
    shown = client.get(reverse("orders:checkout_payment", args=[session.token])).text
    assert "installments-title" not in shown
    assert reverse("orders:installments_mine") not in client.get(reverse("accounts:overview")).text


def test_the_review_shows_the_interest_in_the_total_beside_it():
    make_offer()
    session, client = make_checkout(), Client()
    assert session.user
    client.force_login(session.user)
    client.get(reverse("orders:checkout_payment", args=[session.token]))
    review = reverse("orders:checkout_installments", args=[session.token])
    shown = client.get(review, {"quote": str(session.quotes.get().pk)}).text.replace("\xa0", " ")
    assert "Interés de 3 cuotas" in shown
    assert shown.count("$ 175,98") >= 3  # The line, the terms, and the total beside them.


def test_a_due_date_is_asked_for_within_its_limits():
    plan = make_plan()
    first = rows_of(plan)[0]
    shown = Client().get(reverse("orders:installments", args=[plan.order.secret])).text
    assert f'min="{first.due_date + timedelta(days=1):%Y-%m-%d}"' in shown
    assert f'max="{first.due_date + timedelta(days=15):%Y-%m-%d}"' in shown
