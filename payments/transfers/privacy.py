"""Personal data of bank transfers: a buyer's own, and who is named by the statements of the shop's account.

Credits and statements are found by what names the person (`Person.words`), so a namesake's are redacted as well. Files
are not searched: an erasure drops the bytes of each statement that is still kept, whoever it names.
"""

from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from payments import bank_account
from payments.models import BankCredit, BankStatement, PaymentAttempt, TransferInstruction
from payments.transfers import retention
from payments.transfers.statements import importing
from shop.core.json_types import JsonObject
from shop.core.models import Event
from shop.core.privacy import personal_data
from shop.core.privacy.personal_data import Person

_CREDIT: Final = ("payer_name", "payer_document", "reference", "number", "note")
_STATEMENT: Final = ("file_name", "refusal", "issues")
_SUBJECTS: Final = ("payments.bankcredit", "payments.bankstatement")


class BeingRead(Exception):
    """A worker is reading a statement now, which may name the person. Trying again helps when it has ended."""


def facts(instruction: TransferInstruction) -> JsonObject:
    """Return a bank transfer as its buyer may have it: what they were told, sent, and what is known of the payer."""
    return {
        **personal_data.plain(
            instruction, "code", "amount", "currency", "valid_until", "claimed_at", "closed_at"
        ),
        "account": {str(row.label): row.value for row in bank_account.rows(instruction.account)},
        "receipts": [
            personal_data.plain(receipt, "kind", "size", "created_at", "purged_at")
            for receipt in instruction.receipts.defer("content")
        ],
        "credits": [
            personal_data.plain(
                credit, "booked_on", "amount", "currency", "reference", "payer_name", "payer_document"
            )
            for credit in instruction.credits.order_by("position")
        ],
    }


def unowned(person: Person) -> dict[str, Any]:
    """Return the credits that name a person and belong to no purchase."""
    rows = BankCredit.objects.filter(personal_data.naming(person, *_CREDIT), instruction=None)
    return {
        "bank_credits": [
            personal_data.plain(row, "booked_on", "amount", "currency", *_CREDIT)
            for row in rows.order_by("booked_on")
        ]
    }


def erase_attempt(attempt: PaymentAttempt) -> tuple[int, list[UUID]]:
    """Forget the receipts and the payer of an attempt's bank transfer; return how much, and whose events name them."""
    instruction = TransferInstruction.objects.filter(attempt=attempt).first()
    if instruction is None:
        return 0, []
    own = BankCredit.objects.filter(Q(instruction=instruction) | Q(confirms__instruction=instruction))
    keys = [instruction.pk, *own.values_list("pk", flat=True)]
    receipts = list(instruction.receipts.values_list("pk", flat=True))
    return retention.forget_receipts(receipts) + retention.forget_payers(own), [*keys, *receipts]


def erase_unowned(person: Person) -> int:
    """Strike the person out of credits, statements and their events, and drop the bytes of all statements.

    Raises:
        BeingRead: see there.
    """
    changed = 0
    for statement in BankStatement.objects.exclude(content=b"").defer("content").order_by("created_at"):
        changed += _drop(statement)
    for rows, fields in ((BankCredit.objects.all(), _CREDIT), (BankStatement.objects.all(), _STATEMENT)):
        changed += personal_data.scrub_fields(
            rows.filter(personal_data.naming(person, *fields)), person, *fields
        )
    events = Event.objects.filter(personal_data.naming(person, "reason", "data"), subject_type__in=_SUBJECTS)
    return changed + sum(
        personal_data.scrub_event(event, person) for event in events.iterator(chunk_size=500)
    )


def _drop(statement: BankStatement) -> int:
    """Drop a statement's bytes; one that still waits is read first, so that its credits are counted."""
    if statement.status == BankStatement.Status.UPLOADED:
        importing.run(statement.pk)
    gone = BankStatement.objects.filter(pk=statement.pk).exclude(status=BankStatement.Status.UPLOADED)
    if not gone.update(content=b""):
        raise BeingRead(statement.file_name)
    return 1
