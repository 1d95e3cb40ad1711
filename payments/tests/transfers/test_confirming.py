"""A clerk confirms the money of a bank transfer: previewed, booked once, settled; and what stops half-way is settled."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inventory.checks import runner
from orders.models import Order
from payments.models import BankCredit, TransferInstruction, TransferReceipt
from payments.settlement import settle
from payments.tests.transfers.purchases import let_end, see, waiting
from payments.tests.transfers.test_pages import PDF, png, upload
from payments.transfers import crediting, instructions, settling
from shop.accounts.tests.staff_clients import boss, clerk, queries

pytestmark = pytest.mark.django_db


def confirming(instruction: TransferInstruction) -> str:
    return reverse("admin:payments_transferinstruction_confirm", args=[instruction.pk])


class Desk:
    """A clerk at the page: what was shown is sent along, as a browser does."""

    def __init__(self, instruction: TransferInstruction, client: Client | None = None) -> None:
        self.client, self.address = client or boss(), confirming(instruction)
        self.answer: Any = self.client.get(self.address)

    def send(self, amount: str, number: str = "COELSA-1", **more: str) -> Any:
        form = self.answer.context["form"]
        hidden = {
            name: str(form[name].value() or "")
            for name in ("token", "shown", "previewed")
            if name in form.fields
        }
        typed = {"amount": amount, "booked_on": f"{timezone.localdate():%Y-%m-%d}", "number": number}
        self.answer = self.client.post(self.address, {**hidden, **typed, **more}, follow=True)
        return self.answer

    def words(self) -> str:
        text: str = self.answer.content.decode()
        return text


def test_the_amount_is_typed_as_people_write_it_previewed_and_booked():
    instruction = waiting()
    desk = Desk(instruction)
    typed = f"{instruction.amount:,.2f}".translate(str.maketrans(",.", ".,"))
    desk.send(typed)
    assert "Es el importe exacto: el pedido se hace enseguida." in desk.words()
    assert not BankCredit.objects.exists()
    desk.send(typed)

    order = Order.objects.get()
    assert f"Con él se hizo el pedido {order}" in desk.words() or str(order.number) in desk.words()
    credit = BankCredit.objects.get()
    assert (credit.amount, credit.number, credit.settle_at) == (instruction.amount, "COELSA-1", None)


def test_what_was_changed_after_the_preview_is_previewed_again():
    instruction = waiting()
    desk = Desk(instruction)
    desk.send("1.234,50")
    assert "Faltan" in desk.words()
    desk.send("1.234,60")
    assert "Faltan" in desk.words()
    assert not BankCredit.objects.exists()
    desk.send("1.234,60")
    assert BankCredit.objects.get().amount == Decimal("1234.60")


@pytest.mark.parametrize(
    "typed",
    [
        {"amount": "0"},
        {"amount": "-5"},
        {"amount": "x"},
        {"amount": "10", "number": ""},
        {"amount": "10", "booked_on": "2999-01-01"},
        {"amount": "10", "booked_on": "0001-01-01"},
    ],
)
def test_nonsense_is_refused_beside_its_field(typed: dict[str, str]):
    desk = Desk(waiting())
    desk.send(**typed)
    assert desk.answer.status_code == 422
    assert not BankCredit.objects.exists()


def test_two_clerks_who_confirm_one_transfer_book_it_once():
    instruction = waiting()
    first, second = Desk(instruction), Desk(instruction)
    amount = str(instruction.amount).replace(".", ",")
    for desk in (first, second):
        desk.send(amount, number="A" if desk is first else "B")
    first.send(amount, number="A")
    second.send(amount, number="B")

    assert BankCredit.objects.count() == 1
    assert "Todavía no se hizo nada" in second.words() or "Ya llegó dinero" in second.words()
    # Whoever insists says that it is another payment, and sees what becomes of it first.
    second.send(amount, number="B", is_another="on")
    assert "este es un segundo pago" in second.words()
    assert BankCredit.objects.count() == 1
    second.send(amount, number="B", is_another="on")
    assert BankCredit.objects.count() == 2


def test_one_number_of_the_banks_counts_for_one_transfer():
    one, other = waiting(), waiting()
    see(one, number="77")
    desk = Desk(other)
    amount = str(other.amount).replace(".", ",")
    desk.send(amount, number="77")
    desk.send(amount, number="77")

    assert one.code in desk.words()
    assert BankCredit.objects.count() == 1


def test_what_came_for_a_transfer_that_is_over_is_forecast_as_late():
    instruction = waiting()
    let_end(instruction)
    desk = Desk(instruction)
    desk.send(str(instruction.amount).replace(".", ","))
    assert "Llegó tarde" in desk.words()


def test_whoever_may_not_confirm_may_not():
    instruction = waiting()
    support = clerk("support")
    assert support.get(confirming(instruction)).status_code == 403
    page = reverse("admin:payments_transferinstruction_change", args=[instruction.pk])
    assert "/confirm/" not in support.get(page).content.decode()


def test_a_worker_that_dies_between_the_booking_and_the_order_leaves_it_to_the_job():
    instruction = waiting()
    credit = crediting.confirm(
        instruction,
        amount=instruction.amount,
        booked_on=timezone.localdate(),
        number="1",
        actor="staff:ana",
    )
    assert not Order.objects.exists()
    assert settling.settle_due() == {"paid": 1}
    assert Order.objects.count() == 1
    assert settling.settle_due() == {}
    credit.refresh_from_db()
    assert credit.settle_at is None


def test_a_credit_that_is_no_payment_breaks_a_rule():
    instruction = waiting()
    see(instruction)
    assert not broken_rules()
    lost = waiting()
    crediting.confirm(
        lost, amount=lost.amount, booked_on=timezone.localdate(), number="lost", actor="staff:ana"
    )
    assert not broken_rules()  # It waits to be settled.
    BankCredit.objects.update(settle_at=None)
    assert broken_rules() == ["money that came by transfer is a payment"]
    settle.settle(attempt_id=lost.attempt_id, actor="staff:ana")
    assert not broken_rules()


def broken_rules() -> list[str]:
    return [violation.rule for violation in runner.run(actor="test").violations.all()]


def test_a_settling_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch):
    instruction = waiting()
    credit = crediting.confirm(
        instruction,
        amount=instruction.amount,
        booked_on=timezone.localdate(),
        number="1",
        actor="staff:ana",
    )

    def broken(**_words: Any) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(settle, "settle", broken)
        assert settling.settle_due() == {"crashed": 1}
    credit.refresh_from_db()
    assert credit.settle_at is not None
    assert credit.settle_at > timezone.now()
    BankCredit.objects.update(settle_at=timezone.now())
    assert settling.settle_due() == {"paid": 1}


def test_a_booked_credit_does_not_change_and_none_is_deleted():
    credit = see(waiting())
    for change in ({"amount": 1}, {"instruction": None, "position": None, "status": "open"}, {"position": 9}):
        with pytest.raises(IntegrityError), transaction.atomic():
            BankCredit.objects.filter(pk=credit.pk).update(**change)
    with pytest.raises(Exception, match="Cannot delete"), transaction.atomic():
        BankCredit.objects.filter(pk=credit.pk).delete()
    # What names a person may go.
    assert BankCredit.objects.filter(pk=credit.pk).update(payer_name="") == 1


def test_the_list_costs_the_same_for_one_transfer_and_for_many_with_receipts():
    client = boss()
    address = reverse("admin:payments_transferinstruction_changelist")
    upload(waiting(), PDF)
    queries(client, address)
    before = queries(client, address)
    for _each in range(3):
        instruction = waiting()
        upload(instruction, png(), "a.png")
        upload(instruction, PDF)
    assert queries(client, address) == before
    for stage in ("claimed", "waiting", "paid", "over"):
        assert client.get(f"{address}?stage={stage}").status_code == 200


def test_what_is_said_to_be_paid_is_listed_until_the_money_came_and_for_a_week_after_its_end():
    paid, over, waits = waiting(), waiting(), waiting()
    for instruction in (paid, over, waits):
        instructions.claim(instruction, actor="shopper")
    see(paid)
    let_end(over)

    def listed() -> set[str]:
        return set(instructions.claimed().values_list("code", flat=True))

    assert listed() == {over.code, waits.code}
    page = boss().get(reverse("admin:payments_transferinstruction_changelist") + "?stage=claimed")
    assert over.code in page.content.decode()
    assert paid.code not in page.content.decode()
    TransferInstruction.objects.filter(pk=over.pk).update(closed_at=timezone.now() - timedelta(days=8))
    assert listed() == {waits.code}


def test_a_receipt_is_a_download_for_those_who_may_see_it():
    instruction = waiting()
    upload(instruction, png(), "a.png")
    receipt = TransferReceipt.objects.get()
    address = reverse("admin:payments_transferinstruction_receipt", args=[instruction.pk, receipt.pk])

    answer = clerk("support").get(address)
    assert answer["Content-Disposition"].startswith("attachment;")
    assert (answer["X-Content-Type-Options"], answer["Content-Type"]) == ("nosniff", "image/png")
    assert "no-store" in answer["Cache-Control"]
    assert bytes(answer.content) == bytes(receipt.content)
    assert clerk("warehouse").get(address).status_code == 403
    assert Client().get(address).status_code in {302, 404}
    other = reverse("admin:payments_transferinstruction_receipt", args=[waiting().pk, receipt.pk])
    assert boss().get(other).status_code == 404
