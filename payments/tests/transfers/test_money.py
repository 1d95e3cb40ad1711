"""What becomes of the money of a bank transfer: each case ends by the rules of every other payment."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory import reservations
from inventory.models import Reservation
from orders import payables
from orders.models import Order
from orders.tests.factories import expire_cart, level_of, make_cart, make_session, make_variant
from payments.checkout import attempts
from payments.models import BankCredit, BankRequest, Payment, PaymentAttempt, Refund, TransferInstruction
from payments.reconciliation import provider_list
from payments.refunds import sending
from payments.settlement import settle
from payments.tests.transfers.purchases import attempt_of, let_end, see, waiting
from payments.transfers import crediting
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db
Role, Status = Payment.Role, PaymentAttempt.Status


def roles(instruction: TransferInstruction) -> list[tuple[str, str]]:
    rows = Payment.objects.filter(attempt_id=instruction.attempt_id).order_by("external_id")
    return [(row.external_id.removeprefix(instruction.code), row.role) for row in rows]


def test_the_purchase_waits_like_one_with_a_cash_voucher_for_as_long_as_a_transfer_takes(settings):
    settings.CASH_VOUCHER_TTL = timedelta(days=9)
    instruction = waiting()
    attempt = attempt_of(instruction)

    assert (attempt.status, attempt.external_id) == (Status.PENDING, instruction.code)
    assert attempt.voucher_until == instruction.valid_until == attempt.created_at + timedelta(hours=48)
    reservation = Reservation.objects.get(checkout_id=attempt.purchase_id)
    assert reservation.purpose == Reservation.Purpose.VOUCHER
    assert reservation.expires_at >= instruction.valid_until
    assert roles(instruction) == [("", Role.NONE)]
    assert EmailLog.objects.filter(kind="payment_pending").count() == 1


def test_the_exact_amount_in_time_makes_the_order():
    instruction = waiting()
    see(instruction)

    order = Order.objects.get()
    assert (order.total, order.transaction_id) == (instruction.amount, f"transfer:{instruction.code}")
    assert roles(instruction) == [("", Role.ORDER)]
    assert attempt_of(instruction).status == Status.PAID


@pytest.mark.parametrize("difference", [Decimal("-0.01"), Decimal("500.00")])
def test_too_little_or_too_much_is_decided_by_people(difference: Decimal):
    instruction = waiting()
    see(instruction, instruction.amount + difference)

    assert not Order.objects.exists()
    assert roles(instruction) == [("", Role.MISMATCH)]
    assert EmailLog.objects.filter(kind="transfer_received").count() == 1
    payment = Payment.objects.get(role=Role.MISMATCH)
    settle.resolve(payment, actor="staff:ana", accept=True)
    assert Order.objects.count() == 1


def test_money_that_comes_twice_goes_back_to_the_account_that_the_buyer_names():
    instruction = waiting()
    see(instruction)
    with pytest.raises(crediting.CreditedBefore):
        see(instruction)
    see(instruction, is_another=True)

    assert roles(instruction) == [("", Role.ORDER), ("-2", Role.SURPLUS)]
    refund = Refund.objects.get()
    sending.send(refund.pk)
    refund.refresh_from_db()
    assert (refund.status, refund.amount) == (Refund.Status.MANUAL, instruction.amount)
    assert BankRequest.objects.get().refund == refund
    assert EmailLog.objects.filter(kind="bank_data_asked").count() == 1


def test_money_that_comes_too_late_buys_the_units_while_they_are_there():
    instruction = waiting()
    let_end(instruction)
    instruction.refresh_from_db()
    assert (attempt_of(instruction).status, instruction.is_closed) == (Status.EXPIRED, True)
    see(instruction)

    assert Order.objects.count() == 1
    assert roles(instruction) == [("", Role.ORDER)]


def test_money_that_comes_too_late_goes_back_when_the_units_are_gone():
    variant = make_variant(units=2)
    instruction = waiting(make_session(make_cart((variant, 1))))
    let_end(instruction)
    expire_cart(attempt_of(instruction).purchase.cart)  # Its reservation ends a margin later.
    reservations.expire_due()
    assert level_of(variant.pk).reserved == 0
    # Somebody else has them now.
    make_cart((variant, 2))
    see(instruction)

    assert not Order.objects.exists()
    assert roles(instruction) == [("", Role.SURPLUS)]
    assert Refund.objects.get().dedupe_key.startswith("late:")


def test_a_purchase_that_is_paid_another_way_closes_the_transfer_and_its_money_is_surplus():
    instruction = waiting()
    attempts.close(attempt_of(instruction), actor="shopper", end=Status.CANCELLED)
    instruction.refresh_from_db()
    assert (attempt_of(instruction).status, instruction.is_closed) == (Status.CANCELLED, True)
    other = waiting(attempt_of(instruction).purchase)
    assert other.code != instruction.code
    see(other)
    see(instruction)

    assert Order.objects.count() == 1
    assert roles(instruction) == [("", Role.SURPLUS)]


def test_no_more_than_the_share_of_the_stock_waits_for_transfers(settings):
    settings.CASH_VOUCHER_STOCK_SHARE = 50
    variant = make_variant(units=4)
    first = waiting(make_session(make_cart((variant, 2))))
    second = make_session(make_cart((variant, 1)))
    # Chosen before the share was used up: it is told, and its time is short.
    settings.CASH_VOUCHER_STOCK_SHARE = 100
    attempt = attempts.start(payable=payables.of_purchase(second), gateway="transfer", actor="shopper")
    settings.CASH_VOUCHER_STOCK_SHARE = 50
    settle.settle(attempt_id=attempt.pk, actor="shopper")
    attempt.refresh_from_db()

    assert attempt_of(first).is_reserved_for_cash_voucher
    assert not attempt.is_reserved_for_cash_voucher
    assert attempt.voucher_until is not None
    assert attempt.voucher_until < timezone.now() + timedelta(hours=1)


def test_the_list_finds_what_no_settling_has_seen():
    instruction = waiting()
    crediting.confirm(
        instruction,
        amount=instruction.amount,
        booked_on=timezone.localdate(),
        number="1",
        actor="staff:ana",
    )
    BankCredit.objects.update(settle_at=None)
    counts = provider_list.read_list("transfer", is_wanted=True, now=timezone.now() + timedelta(seconds=5))

    assert counts["settled"] == 1
    assert Order.objects.count() == 1
    again = provider_list.read_list("transfer", is_wanted=True, now=timezone.now() + timedelta(seconds=5))
    assert again["agrees"] == 1
