"""Bank data of manual refunds: given on a page without login, encrypted, shown to few, deleted after the transfer.

The page never shows an account in full, so that the link alone reveals nothing; every answer is confirmed by mail
to the buyer. Locks: the payment (as every verb of refunds), then the request.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from payments import notices
from payments.models import BankRequest, Payment, Refund
from payments.refunds import bank_requests, refund_requests
from shop.core.countries import banking
from shop.core.json_types import JsonObject
from shop.core.privacy import vault
from shop.core.states import record

_DATA: Final = "bank data"


class TooLate(Exception):
    """The money was transferred (or went back another way) already. Trying again does not help."""


class DataChanged(Exception):
    """The shopper corrected the data since they were shown. Reloading helps."""


class NothingThere(Exception):
    """There are no bank data (yet, or any more)."""


@dataclass(frozen=True)
class Answer:
    """Decrypted bank data: the way of being paid and its fields, compact. `revision` counts the corrections."""

    way: banking.Way
    values: Mapping[str, str]
    revision: int

    @property
    def rows(self) -> list[tuple[Any, str]]:
        """Return labels and values, for whoever transfers the money."""
        return [(field.label, self._words(field)) for field in self.way.fields if self.values.get(field.name)]

    @property
    def masked(self) -> list[tuple[Any, str]]:
        """Return labels and values of which only the last four characters of what is secret are left."""
        return [
            (field.label, hidden(self._words(field)) if field.is_secret else self._words(field))
            for field in self.way.fields
            if self.values.get(field.name)
        ]

    @property
    def tail(self) -> str:
        """Return the account as a mail may show it."""
        secret = next(field for field in self.way.fields if field.is_secret)
        return hidden(self.values.get(secret.name, ""))

    def _words(self, field: banking.Field) -> str:
        value = self.values.get(field.name, "")
        return str(dict(field.choices).get(value, value))


def hidden(text: str) -> str:
    """Return a text of which at most the last four characters, and never more than a third, are left."""
    left = min(4, len(text) // 3)
    return "•" * min(max(len(text) - left, 4), 12) + (text[-left:] if left else "")


# -- Answering -----------------------------------------------------------------------------------------------


def give(request: BankRequest, *, way: str, values: Mapping[str, str], actor: str) -> bool:
    """Store the buyer's bank data, checked by the form; return whether they differ from those there were.

    The last answer counts, until the transfer is noted. The same answer again changes nothing and writes no mail.

    Raises:
        TooLate: the refund does not wait for people any more.
    """
    with transaction.atomic():
        _lock(request.refund)
        locked = BankRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
        if Refund.objects.get(pk=locked.refund_id).status != Refund.Status.MANUAL:
            raise TooLate
        kept = {"refund": locked.refund_id.hex, "way": way, "values": dict(values)}
        if locked.sealed and _opened(locked) == kept:
            return False
        locked.sealed = vault.encrypt(_DATA, json.dumps(kept, sort_keys=True).encode())
        locked.revision += 1
        locked.given_at, locked.next_reminder_at = timezone.now(), None
        locked.save(update_fields=["sealed", "revision", "given_at", "next_reminder_at", "updated_at"])
        record(
            locked,
            "bank data given" if locked.revision == 1 else "bank data corrected",
            actor=actor,
            data={"revision": locked.revision},
        )
        answer = read(locked)
        notices.to_shopper(
            locked.refund.payment.purchase,
            template="bank_data_given",
            dedupe_key=f"bank-data-given:{locked.pk}:{locked.revision}",
            refund=locked.refund,
            tail=answer.tail,
            is_correction=locked.revision > 1,
            page_url=bank_requests.link(locked),
        )
    return True


def read(request: BankRequest) -> Answer:
    """Return the bank data of a request. Screens show its `masked` rows; the rest is for `show`.

    Raises:
        NothingThere: none were given, or they were forgotten.
    """
    if not request.sealed:
        raise NothingThere
    kept = _opened(request)
    way = banking.way(request.country, kept["way"])
    if way is None:
        raise NothingThere
    return Answer(way, kept["values"], request.revision)


def _opened(request: BankRequest) -> JsonObject:
    kept: JsonObject = json.loads(vault.decrypt(_DATA, request.sealed))
    # An encrypted answer copied to another row must not send one refund's money to another's account.
    if kept["refund"] != request.refund_id.hex:
        raise vault.CannotOpen(_DATA)
    return kept


# -- Transferring --------------------------------------------------------------------------------------------


def show(request: BankRequest, *, actor: str) -> Answer:
    """Return the bank data for a person who transfers the money, and record who saw them and when.

    Raises:
        NothingThere: see `read`.
    """
    with transaction.atomic():
        answer = read(request)
        record(request, "bank data shown", actor=actor, data={"revision": answer.revision})
    return answer


def note_transfer(refund: Refund, *, number: str, revision: int, actor: str) -> bool:
    """Record that people transferred the money: `number` is the bank's, `revision` the answer which they acted on.

    The buyer gets a mail. The data are deleted some days later (`purge`). False: somebody was first.

    Raises:
        DataChanged: the buyer corrected the data meanwhile; look where the money went.
        IllegalTransition: the refund does not wait for people.
    """
    with transaction.atomic():
        _lock(refund)
        request = BankRequest.objects.select_for_update(of=("self",)).filter(refund=refund).first()
        if request is not None and request.revision != revision:
            raise DataChanged
        if not refund_requests.settle_by_hand(refund, actor=actor, note=number):
            return False
        if refund.payment.is_unmatched:
            return True  # The payer of an unmatched payment is no buyer of ours: there is no address to write to.
        notices.to_shopper(
            refund.payment.purchase,
            template="refund_transferred",
            dedupe_key=f"refund-transferred:{refund.pk}",
            refund=refund,
            number=number,
            tail=read(request).tail if request is not None and request.sealed else "",
            order=refund.payment.order,
        )
    return True


def _lock(refund: Refund) -> None:
    Payment.objects.select_for_update().get(pk=refund.payment_id)


# -- Forgetting ----------------------------------------------------------------------------------------------


def purge() -> int:
    """Delete bank data some days after the transfer, also of refunds that ended another way; return how many."""
    ended = BankRequest.objects.exclude(sealed="").exclude(refund__status=Refund.Status.MANUAL)
    old = ended.annotate(ended_at=Coalesce("refund__succeeded_at", "refund__updated_at")).filter(
        ended_at__lte=Now() - settings.BANK_DATA_KEEP
    )
    return sum(forget(request) for request in old[:500])


def forget(request: BankRequest) -> bool:
    """Delete the bank data of one request now; False while its money is still to be sent, or when there are none."""
    with transaction.atomic():
        _lock(request.refund)
        gone = BankRequest.objects.filter(pk=request.pk).exclude(sealed="")
        gone = gone.exclude(refund__status=Refund.Status.MANUAL)
        if not gone.update(sealed="", purged_at=Now(), next_reminder_at=None, updated_at=Now()):
            return False
        record(request, "bank data forgotten", actor="job:bank_data")
    return True


def reseal() -> int:
    """Encrypt with the newest key what was encrypted with an older one; return how many."""
    changed = 0
    for request in BankRequest.objects.exclude(sealed="").only("pk", "sealed").iterator(chunk_size=200):
        if vault.is_stale(_DATA, request.sealed):
            mine = BankRequest.objects.filter(pk=request.pk, sealed=request.sealed)
            changed += mine.update(sealed=vault.reseal(_DATA, request.sealed), updated_at=Now())
    return changed


def run_due() -> dict[str, int]:
    """Remind, delete, and encrypt again: what the job does."""
    return {**bank_requests.remind_due(), "forgotten": purge(), "sealed anew": reseal()}
