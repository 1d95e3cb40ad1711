"""What is forgotten of bank transfers: receipts, and the names and documents of payers.

`BANK_TRANSFER_KEEP_DAYS` after they came, or at once when their buyer asks for it (`payments.privacy`). Amounts, dates,
the shop's own references and who booked what stay: they are the shop's books.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from payments.models import BankCredit, TransferReceipt
from payments.transfers import codes

_MOST: Final = 500


def purge() -> dict[str, int]:
    """Forget what is old; twice is harmless. Returns how much."""
    receipts = TransferReceipt.objects.filter(
        purged_at=None, created_at__lte=Now() - settings.BANK_TRANSFER_KEEP
    ).order_by("created_at")
    gone = forget_receipts(list(receipts.values_list("pk", flat=True)[:_MOST]))
    credits_of_old = BankCredit.objects.filter(
        forgotten_at=None, created_at__lte=Now() - settings.BANK_TRANSFER_KEEP
    ).order_by("created_at")
    payers = forget_payers(credits_of_old[:_MOST])
    return {name: number for name, number in {"receipts": gone, "payers": payers}.items() if number}


def forget_receipts(keys: Iterable[UUID]) -> int:
    """Delete the bytes of receipts; that they came stays. Returns how many."""
    mine = TransferReceipt.objects.filter(pk__in=list(keys), purged_at=None)
    return mine.update(content=b"", size=0, purged_at=Now(), updated_at=Now())


def forget_payers(rows: "QuerySet[BankCredit]") -> int:
    """Delete who paid; of the reference the shop's own code stays. Returns how many."""
    found = list(rows.select_related("instruction").only("pk", "reference", "instruction__code"))
    with transaction.atomic():
        for row in found:
            BankCredit.objects.filter(pk=row.pk).update(
                payer_name="",
                payer_document="",
                reference=_own(row),
                forgotten_at=Now(),
                updated_at=Now(),
            )
    return len(found)


def _own(row: BankCredit) -> str:
    """Return the code of the transfer that a credit is for, where its payer wrote it."""
    code = row.instruction.code if row.instruction else ""
    return code if code in codes.within(row.reference) else ""
