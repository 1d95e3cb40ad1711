"""The gateway of bank transfers: its seven calls answered from the shop's own books."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orders import payables
from orders.models import Order
from orders.tests.factories import make_session
from payments import gateways, provider_requests
from payments.checkout import attempts
from payments.checkout.refusals import PaymentRefused
from payments.gateways.base import (
    BadSignature,
    CheckoutState,
    GatewayError,
    NotFoundAtProvider,
    PaymentState,
    RawWebhook,
)
from payments.gateways.errors import NOT_REFUNDABLE
from payments.models import BankCredit, Payment, PaymentAttempt, TransferInstruction
from payments.refunds import quotes
from payments.tests.transfers.conftest import an_account  # noqa: F401  (the shop's account, as a fixture)
from payments.tests.transfers.purchases import attempt_of, see, waiting
from payments.tests.world import World
from payments.transfers import books, codes
from payments.webhooks import silence
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db


def gateway() -> Any:
    return gateways.get("transfer")


def test_making_it_twice_makes_one_instruction_and_looking_for_it_finds_it():
    instruction = waiting()
    attempt = attempt_of(instruction)
    request = provider_requests.request_for(attempt)
    again = gateway().create_checkout(request)
    found = gateway().find(attempt.reference, since=attempt.created_at)

    assert TransferInstruction.objects.count() == 1
    assert (again.external_id, again.redirect_url) == (instruction.code, attempt.redirect_url)
    assert (found.external_id, found.state) == (instruction.code, CheckoutState.OPEN)
    assert gateway().find("0" * 32, since=timezone.now()) is None
    assert gateway().find("no key", since=timezone.now()) is None
    for subject in ("NOBODY", ""):
        with pytest.raises(NotFoundAtProvider):
            gateway().fetch(subject)
    with pytest.raises(NotFoundAtProvider):
        gateway().close_checkout("NOBODY", reference="")


def test_it_is_pending_until_money_came_and_closed_for_good():
    instruction = waiting()
    (awaited,) = gateway().fetch("", reference=instruction.attempt_id.hex).payments
    assert (awaited.external_id, awaited.state, awaited.amount) == (
        instruction.code,
        PaymentState.PENDING,
        instruction.amount,
    )
    assert awaited.voucher_expires_at == instruction.valid_until
    closed = gateway().close_checkout(instruction.code, reference="")
    again = gateway().close_checkout(instruction.code, reference="")
    assert (closed.state, closed.payments[0].state) == (CheckoutState.EXPIRED, PaymentState.CANCELLED)
    assert again.payments[0].updated_at == closed.payments[0].updated_at


def test_money_after_the_closing_is_newer_than_the_closing():
    """Else the answer "closed" would win over it, and the money would be nobody's."""
    instruction = waiting()
    credit = see(instruction)
    future = timezone.now() + timedelta(hours=1)
    TransferInstruction.objects.filter(pk=instruction.pk).update(closed_at=future)
    (paid,) = gateway().fetch(f"{instruction.code}-2").payments
    assert (paid.state, paid.updated_at, paid.approved_at) == (
        PaymentState.APPROVED,
        future,
        BankCredit.objects.get(pk=credit.pk).noted_at,
    )
    assert gateway().fetch(instruction.code).state == CheckoutState.COMPLETE


def test_its_list_has_every_credit_that_was_assigned_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(books, "_PAGE", 2)
    wanted = [see(waiting()).booked_to.code for _each in range(5)]
    since, until = timezone.now() - timedelta(hours=1), timezone.now() + timedelta(hours=1)
    listed, cursor = [], ""
    while True:
        page = gateway().list_payments(since=since, until=until, cursor=cursor)
        listed += [payment.external_id for payment in page.payments]
        if not (cursor := page.following):
            break
    assert listed == wanted
    assert not gateway().list_payments(since=since - timedelta(days=1), until=since).payments


def test_its_money_goes_back_by_hand_and_the_refund_page_says_so():
    see(waiting())
    payment = Payment.objects.get(role=Payment.Role.ORDER)
    with pytest.raises(GatewayError) as refused:
        gateway().refund(payment.external_id, amount=Decimal(1), currency="ARS", idempotency_key="x")
    assert refused.value.code == NOT_REFUNDABLE
    assert quotes.quote(payment, None, amount=Decimal(1)).by_hand


def test_nobody_notifies_of_it_and_its_silence_is_no_alarm():
    see(waiting())
    Payment.objects.update(created_at=timezone.now() - timedelta(days=3))
    with pytest.raises(BadSignature):
        gateway().parse_webhook(RawWebhook(b"{}", {}, {}))
    assert (
        Client().post("/payments/webhook/transfer/", b"{}", content_type="application/json").status_code
        == 403
    )
    assert "transfer" not in str(silence.check()["providers"])


def test_without_an_account_it_refuses_and_the_staff_is_told_at_once(settings: Any):
    settings.BANK_TRANSFER_ACCOUNT = ""
    session = make_session()
    with pytest.raises(PaymentRefused):
        attempts.start(payable=payables.of_purchase(session), gateway="transfer", actor="shopper")
    assert PaymentAttempt.objects.get().status == PaymentAttempt.Status.FAILED
    assert EmailLog.objects.filter(kind="provider_refuses").exists()


def test_an_account_that_changes_changes_for_new_purchases_only(settings: Any):
    before = waiting()
    settings.BANK_TRANSFER_ACCOUNT = "0720309988000019834160"
    after = waiting()
    before.refresh_from_db()
    assert before.account["values"]["account"] == "2850590940090418135201"
    assert after.account["values"]["account"] == "0720309988000019834160"


def test_another_provider_closes_it_before_it_begins(providers: World):
    instruction = waiting()
    other = attempts.start(payable=attempt_of(instruction).payable, gateway="mercadopago", actor="shopper")
    assert attempt_of(instruction).status == PaymentAttempt.Status.CANCELLED
    assert other.status == PaymentAttempt.Status.REDIRECTED
    # The bank was faster than the shop: it is money like any other.
    see(instruction)
    assert Order.objects.get().transaction_id == f"transfer:{instruction.code}"


# -- Codes -----------------------------------------------------------------------------------------------------


def test_a_code_has_no_vowel_and_nothing_that_is_mistaken_for_another():
    assert not set(codes.ALPHABET) & set("AEIOU0O1IL2Z5S6G8BQ")
    assert len(set(codes.ALPHABET)) == len(codes.ALPHABET) == 19
    made = {codes.new() for _each in range(300)}
    assert len(made) > 295
    assert all(codes.is_valid(code) and len(code) == codes.LENGTH for code in made)


def test_every_wrong_character_and_every_swap_is_noticed():
    for _each in range(30):
        code = codes.new()
        for place in range(codes.LENGTH):
            for char in set(codes.ALPHABET) - {code[place]}:
                assert not codes.is_valid(code[:place] + char + code[place + 1 :])
        for place in range(codes.LENGTH - 1):
            swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            assert swapped == code or not codes.is_valid(swapped)


@pytest.mark.parametrize(
    "shape", ["{}", "pago {} gracias", "VAR/{}/ANA", "{low}", "ref:{a} {b}", "{a}-{b}", "99{}00"]
)
def test_a_code_is_recognised_however_it_is_written(shape: str):
    code = codes.new()
    text = shape.format(code, low=code.lower(), a=code[:4], b=code[4:])
    assert code in codes.within(text)


@pytest.mark.parametrize("mistake", ["wrong", "missing", "doubled", "swapped"])
def test_one_mistake_is_forgiven_in_suggestions(mistake: str):
    code = codes.new()
    while code[2] == code[3]:
        code = codes.new()
    wrong = next(char for char in codes.ALPHABET if char != code[4])
    text = {
        "wrong": code[:4] + wrong + code[5:],
        "missing": code[:4] + code[5:],
        "doubled": code[:4] + code[4] + code[4:],
        "swapped": code[:2] + code[3] + code[2] + code[4:],
    }[mistake]
    assert code in codes.similar(f"transferencia {text}")


@pytest.mark.parametrize("text", ["", " ", "á" * 500, "\u202e" * 50, "7" * 300, "🧥" * 40])
def test_nothing_is_found_in_nonsense_and_nothing_breaks(text: str):
    assert isinstance(codes.within(text), list)
    assert isinstance(codes.similar(text), list)


def test_a_long_hostile_reference_costs_little():
    tries = 0
    real = codes.is_valid

    def counted(code: str) -> bool:
        nonlocal tries
        tries += 1
        return real(code)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codes, "is_valid", counted)
        codes.similar("CDFHJKMN" * 40)
    assert tries < 30_000
