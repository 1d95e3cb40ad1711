"""Payables: payments work with any kind of payable, and import nothing of the checkout."""

import ast
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.urls import reverse

from orders import payables
from orders.models import Order, Payable
from orders.payables import Bill, BillLine, Buyer, CannotFulfil, State
from orders.tests.factories import make_awaiting, make_order
from payments.models import Payment, PaymentAttempt, Refund
from payments.refunds import refund_requests, sending
from payments.refunds.refund_state import move_refund
from payments.settlement import settle
from payments.tests.world import GATEWAYS, World
from shop.core.ids import uuid7
from shop.core.models import EmailLog, Event
from shop.core.states import record

ROOT = Path(__file__).resolve().parents[1]
ACTOR = "test"


class Supplement:
    """A sum owed on top of an order, paid on its own: nothing in stock waits for it, and it is late once withdrawn.

    Its state is kept in its events: `paid`, `withdrawn`.
    """

    total = Decimal("2500.00")
    opens_order = True

    def by_token(self, token: str) -> Payable | None:
        return Payable.objects.filter(kind="supplement", pk=token).first() if len(token) == 36 else None

    def visible_to(self, payable: Payable, user: Any) -> bool:
        return True

    def bill(self, payable: Payable) -> Bill:
        order = payable.purchase.order
        return Bill(
            token=str(payable.pk),
            page="/supplement/",
            contact_page="",
            state=self._state(payable),
            currency=order.currency,
            lines=[BillLine("EXTRA", "Embroidery", 1, self.total, self.total)],
            shipping_name="",
            shipping=Decimal(0),
            total=self.total,
            buyer=Buyer(
                order.email, order.first_name, order.last_name, "+5491155550000", "DNI", order.document_number
            ),
            language="es",
        )

    def rivals(self, payable: Payable) -> Any:
        return Payable.objects.none()

    def freeze(self, payable: Payable, *, way: str, actor: str) -> Bill:
        return self.bill(payable)

    def lock(self, payable: Payable) -> State:
        Order.objects.select_for_update().get(checkout_id=payable.purchase_id)
        return self._state(payable)

    def lock_with_bill(self, payable: Payable) -> tuple[Order | None, Bill | None]:
        self.lock(payable)
        return self.order(payable), self.bill(payable)

    def set_way(self, payable: Payable, way: str) -> None:
        pass

    def await_payment(
        self,
        payable: Payable,
        *,
        reserve_until: datetime,
        expires_at: datetime,
        actor: str,
        is_frozen: bool = False,
    ) -> None:
        record(payable, "awaiting", actor=actor)

    def reopen(self, payable: Payable, *, actor: str, reason: str) -> None:
        record(payable, "reopened", actor=actor, reason=reason)

    def keep_for_review(self, payable: Payable) -> None: ...

    def renew(self, payable: Payable, *, actor: str) -> None:
        pass

    def reserved_until(self, payable: Payable) -> datetime | None:
        return None

    def may_offer_vouchers(self, payable: Payable) -> bool:
        return False

    def keep_for_voucher(self, payable: Payable) -> bool:
        return False

    def order(self, payable: Payable) -> Order | None:
        return payable.purchase.order if self._has(payable, "paid") else None

    def fulfil(
        self, payable: Payable, received: payables.Received, *, actor: str, as_read: bool = False
    ) -> Order:
        if self._has(payable, "withdrawn"):
            raise CannotFulfil([])
        record(payable, "paid", actor=actor, reason=received.transaction_id)
        order: Order = payable.purchase.order
        return order

    def money_changed(self, payable: Payable, **facts: Any) -> Decimal:
        record(payable, "money changed", actor=ACTOR, data={name: str(fact) for name, fact in facts.items()})
        return Decimal("0.00")

    def confirm_free(self, payable: Payable, *, actor: str) -> Order:
        raise AssertionError("it has a price")

    def _state(self, payable: Payable) -> State:
        if self._has(payable, "paid"):
            return State.PAID
        return State.ENDED if self._has(payable, "withdrawn") else State.OPEN

    def _has(self, payable: Payable, kind: str) -> bool:
        return Event.objects.filter(subject_id=payable.pk, kind=kind).exists()


@pytest.fixture
def supplement(db: None, monkeypatch: pytest.MonkeyPatch) -> Payable:
    """Something else to be paid than a checkout: a supplement to an order that is there."""
    monkeypatch.setitem(payables.KINDS, "supplement", Supplement())
    order = make_order()
    return Payable.objects.create(id=uuid7(), kind="supplement", purchase=order.checkout)


def begin(payable: Payable, gateway: str) -> PaymentAttempt:
    answer = Client().post(reverse("payments:start", args=[str(payable.pk)]), {"gateway": gateway})
    assert answer.status_code == 303, answer.content.decode()[:2000]
    return PaymentAttempt.objects.filter(payable=payable).latest("created_at")


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_another_kind_is_paid_settled_and_refunded(providers: World, supplement: Payable, gateway: str):
    attempt = begin(supplement, gateway)
    providers.pay(attempt)
    order = supplement.purchase.order
    back = Client().get(reverse("payments:return", args=[attempt.token]))
    assert (back.status_code, back["Location"]) == (302, order.get_absolute_url())
    payment = Payment.objects.get(attempt=attempt)
    assert (payment.role, payment.order, payment.amount) == ("order", order, Supplement.total)
    assert (payment.payable, payment.trail) == (supplement, order.checkout_id)
    assert Event.objects.filter(subject_id=supplement.pk, kind="paid").count() == 1
    assert Order.objects.count() == 1

    # Settled again, it changes nothing; paid again, the second sum is refunded automatically.
    assert settle.settle(attempt_id=attempt.pk, actor=ACTOR).order == order
    assert Event.objects.filter(subject_id=supplement.pk, kind="paid").count() == 1

    asked = refund_requests.request(
        payment, Decimal("500.00"), Refund.Origin.STAFF, "kindness", "k1", actor="staff:a@example.com"
    )
    assert sending.send(asked.pk).status == "succeeded"
    assert EmailLog.objects.filter(kind="order_refunded", to=order.email).count() == 1


def test_a_kind_learns_what_is_left_of_its_money(providers: World, supplement: Payable):
    """By our refunds, by one that failed, by one made in the provider's panel, and by what a bank took."""
    attempt = begin(supplement, "stripe")
    charge = providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor=ACTOR)
    payment = Payment.objects.get(attempt=attempt)
    asked = refund_requests.request(payment, Decimal(500), Refund.Origin.STAFF, "kindness", "k1", actor=ACTOR)
    move_refund(asked, Refund.Status.FAILED, actor=ACTOR)
    providers.refund_in_panel(attempt, charge, "300.00")
    settle.settle(attempt_id=attempt.pk, actor=ACTOR)
    providers.dispute(attempt, charge)
    settle.settle(attempt_id=attempt.pk, actor=ACTOR)
    providers.decide_dispute(attempt, charge, "lose")
    settle.settle(attempt_id=attempt.pk, actor=ACTOR)

    events = Event.objects.filter(subject_id=supplement.pk, kind="money changed").order_by(
        "occurred_at", "id"
    )
    payment.refresh_from_db()
    assert [(one.data["kept"], one.data["charged_back"]) for one in events] == [
        ("2000.00", "0.00"),
        ("2500.00", "0.00"),
        ("2200.00", "0.00"),
        ("0.00", str(payment.charged_back_amount)),
    ]


def test_money_that_another_kind_cannot_use_any_more_goes_back(providers: World, supplement: Payable):
    attempt = begin(supplement, "stripe")
    record(supplement, "withdrawn", actor=ACTOR)
    providers.pay(attempt)
    assert settle.settle(attempt_id=attempt.pk, actor=ACTOR).order is None
    refund = Refund.objects.get(payment__attempt=attempt)
    assert (refund.amount, refund.payment.role, refund.dedupe_key[:5]) == (
        Supplement.total,
        "surplus",
        "late:",
    )


def test_two_payments_never_pay_one_payable(providers: World, supplement: Payable):
    """Not even where the code forgot to look; two payables of one order are paid by one each."""
    attempt = begin(supplement, "stripe")
    providers.pay(attempt)
    order = settle.settle(attempt_id=attempt.pk, actor=ACTOR).order
    twin = {
        "attempt": attempt,
        "order": order,
        "gateway": "stripe",
        "external_id": "twin",
        "status": "approved",
        "role": "order",
        "amount": 1,
        "currency": "ARS",
    }
    with pytest.raises(IntegrityError, match="payment_one_pays_it"):
        Payment.objects.create(**twin)


@pytest.mark.django_db
def test_somebody_elses_purchase_is_not_found_by_its_token(
    supplement: Payable, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Supplement, "visible_to", lambda self, payable, user: False)
    for name in ("payments:start", "payments:cancel"):
        assert (
            Client().post(reverse(name, args=[str(supplement.pk)]), {"gateway": "stripe"}).status_code == 404
        )
    assert Client().get(reverse("payments:ways", args=[str(supplement.pk)])).status_code == 404


@pytest.mark.django_db
def test_rows_of_the_version_before_get_their_payables():
    """A process of the version before writes no payable, and its rows of long ago have none."""
    session = make_awaiting()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO payments_paymentattempt (id, created_at, updated_at, checkout_id, gateway, token, status, amount,"
            " currency, fingerprint, offer, external_id, redirect_url, expires_at, voucher_url, voucher_method,"
            " offers_vouchers, is_held_for_voucher, last_error, refused_for, buyer_digest, openings, checks)"
            " VALUES (%s, now(), now(), %s, 'stripe', 't', 'redirected', 1, 'ARS', 'f', '{}', 'cs_1', '', now(), '', '',"
            " true, true, '', '', '', 0, 0)",
            [uuid7(), session.pk],
        )
    attempt = PaymentAttempt.objects.get()
    assert (attempt.payable_id, attempt.payable.purchase) == (session.pk, session)
    payment = Payment.objects.create(
        attempt=attempt,
        gateway="stripe",
        external_id="pi_1",
        status="approved",
        role="mismatch",
        amount=1,
        currency="ARS",
    )

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE payments_paymentattempt ALTER payable_id DROP NOT NULL")
        cursor.execute("UPDATE payments_payment SET payable_id = NULL")
        cursor.execute("UPDATE payments_paymentattempt SET payable_id = NULL")
    Payable.objects.all().delete()
    migration = import_module("payments.migrations.0016_payables_of_old_attempts")
    for _twice in range(2):
        migration.fill(None, SimpleNamespace(connection=connection))
    attempt.refresh_from_db()
    payment.refresh_from_db()
    assert attempt.payable_id == payment.payable_id == session.pk
    assert Payable.objects.get().purchase == session


def test_no_module_of_payments_names_the_checkout():
    """They use what orders.payables gives them; charging something else changes nothing here."""
    wrong = []
    for path in ROOT.rglob("*.py"):
        if {"tests", "migrations", "sandbox"} & set(path.relative_to(ROOT).parts):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            name = getattr(node, "id", getattr(node, "attr", getattr(node, "name", "")))
            module = getattr(node, "module", "") or ""
            if name == "CheckoutSession" or module in {
                "orders.checkout.sessions",
                "orders.checkout.placement",
                "orders.checkout.reservations",
            }:
                wrong.append(f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}")
    assert not wrong
