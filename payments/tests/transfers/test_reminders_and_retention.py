"""Reminders before the end; and what is forgotten of receipts and payers, by age and at their buyer's wish."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from orders.tests.factories import make_session, make_user
from payments.models import BankCredit, BankStatement, TransferInstruction, TransferReceipt
from payments.tests.transfers.purchases import let_end, see, waiting
from payments.tests.transfers.statement_files import STAFF, as_csv, money_for, movement, uploaded
from payments.tests.transfers.test_pages import PDF, upload
from payments.transfers import instructions, privacy, reminders, retention, settling
from payments.transfers.statements import matching
from shop.accounts.privacy import person_of
from shop.core.models import EmailLog, Event
from shop.core.privacy import personal_data, traces

pytestmark = pytest.mark.django_db


def due(instruction: TransferInstruction) -> None:
    TransferInstruction.objects.filter(pk=instruction.pk).update(remind_at=timezone.now())


def reminded() -> int:
    return EmailLog.objects.filter(kind="transfer_reminder").count()


def test_the_reminder_is_planned_before_the_end_and_written_once(settings):
    instruction = waiting()
    assert instruction.remind_at == instruction.valid_until - settings.BANK_TRANSFER_REMIND
    assert reminders.remind_due() == {}
    due(instruction)
    assert reminders.remind_due() == {"reminded": 1}
    due(instruction)
    reminders.remind_due()

    assert reminded() == 1
    mail = EmailLog.objects.get(kind="transfer_reminder")
    assert instruction.code in mail.text
    assert "percha.azul.mar" in mail.text


def test_nobody_is_reminded_of_what_was_paid_given_up_or_said_to_be_paid(settings):
    paid, over, claimed = waiting(), waiting(), waiting()
    see(paid)
    let_end(over)
    instructions.claim(claimed, actor="shopper")
    claimed.refresh_from_db()
    assert claimed.remind_at is None
    for instruction in (paid, over):
        due(instruction)
    reminders.remind_due()
    assert reminded() == 0
    settings.BANK_TRANSFER_REMIND = timedelta(0)
    assert waiting().remind_at is None


def test_what_is_old_is_forgotten_and_the_books_stay(settings):
    instruction = waiting()
    upload(instruction, PDF)
    statement = uploaded(as_csv([money_for(instruction, payer="GOMEZ ANA", document="27301234564")]))
    matching.book(statement, actor=STAFF)
    settling.settle_due()
    assert retention.purge() == {}
    old = timezone.now() - settings.BANK_TRANSFER_KEEP - timedelta(days=1)
    TransferReceipt.objects.update(created_at=old)
    BankCredit.objects.update(created_at=old)

    assert retention.purge() == {"receipts": 1, "payers": 1}
    assert retention.purge() == {}
    receipt, credit = TransferReceipt.objects.get(), BankCredit.objects.get()
    assert (bytes(receipt.content), receipt.size) == (b"", 0)
    assert (credit.payer_name, credit.payer_document, credit.reference) == ("", "", instruction.code)
    assert credit.amount == instruction.amount
    # The same line again is still known.
    again = uploaded(as_csv([money_for(instruction, payer="GOMEZ ANA"), movement("1,00", "x")]))
    assert again.credit_count == 1


def test_an_erasure_forgets_what_names_a_buyer_and_an_export_shows_it():
    user = make_user("zoe.quiroga@example.com")
    session = make_session(user=user)
    instruction = waiting(session)
    mine = Client()
    mine.force_login(user)
    upload(instruction, PDF + b"% Quiroga-Altamirano %%EOF", client=mine)
    rows = [
        money_for(instruction, payer="QUIROGA-ALTAMIRANO ZOE", document="31887654"),
        movement("5,00", "de zoe.quiroga@example.com", payer="QUIROGA-ALTAMIRANO"),
    ]
    statement = uploaded(as_csv(rows))
    matching.book(statement, actor=STAFF)
    settling.settle_due()
    person = person_of(user)
    exported = str(personal_data.export(person))
    assert "QUIROGA-ALTAMIRANO" in exported
    assert instruction.code in exported

    forgotten, named = privacy.erase_attempt(instruction.attempt)
    privacy.erase_unowned(person)
    assert forgotten == 2
    assert instruction.pk in named
    assert not BankStatement.objects.exclude(content=b"").exists()
    assert not traces.find(["31887654"])
    assert TransferReceipt.objects.get().size == 0
    assert BankCredit.objects.get(instruction=instruction).payer_name == ""
    assert not BankCredit.objects.filter(reference__contains="zoe.quiroga").exists()
    assert Event.objects.filter(subject_type="payments.bankcredit").exists()


def test_the_jobs_can_be_run_by_hand(capsys: pytest.CaptureFixture[str]):
    due(waiting())
    call_command("run_transfers")
    call_command("read_bank_statements")
    assert capsys.readouterr().out.split() == ["reminded", "1"]
