"""Personal data in payments: attempts, payments as fetched, refunds, disputes, notifications.

Sums, dates, states and the providers' numbers stay: they are the shop's books and identify nobody by themselves.
"""

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.models import (
    BankRequest,
    Dispute,
    DisputeEvidence,
    DisputeNote,
    Payment,
    PaymentAttempt,
    Refund,
    TransferInstruction,
    WebhookEvent,
)
from payments.refunds import bank_details
from payments.transfers import privacy as transfers
from payments.unmatched import privacy as unowned
from shop.core.ids import token
from shop.core.json_types import JsonObject
from shop.core.models import Event
from shop.core.privacy import personal_data
from shop.core.privacy.personal_data import Obstacle, Person

_HALF = 32  # Of an attempt's fingerprint: the rest is a digest of the payer.


def _attempts(person: Person) -> "QuerySet[PaymentAttempt]":
    return PaymentAttempt.objects.filter(
        person.owns(email="purchase__email", user="purchase__user_id")
        | person.owns(email="purchase__order__email", user="purchase__order__user_id")
    )


def _payments(person: Person) -> "QuerySet[Payment]":
    return Payment.objects.filter(attempt__in=_attempts(person))


def _facts(payment: Payment) -> dict[str, object]:
    return {
        **personal_data.plain(
            payment,
            "gateway",
            "external_id",
            "status",
            "amount",
            "currency",
            "refunded_amount",
            "method",
            "installments",
            "created_at",
            "approved_at",
        ),
        "order": payment.order.number if payment.order else None,
        "refunds": [
            {
                **personal_data.plain(
                    refund, "amount", "currency", "status", "reason", "created_at", "succeeded_at"
                ),
                "bank_account": _bank(refund),
            }
            for refund in payment.refunds.all()
        ],
        "disputes": [
            personal_data.plain(
                dispute,
                "external_id",
                "status",
                "reason",
                "amount",
                "currency",
                "opened_at",
                "closed_at",
            )
            for dispute in payment.disputes.all()
        ],
    }


def _export(person: Person) -> JsonObject:
    payments = _payments(person).select_related("order").prefetch_related("refunds", "disputes")
    return {
        "payments": [_facts(payment) for payment in payments.order_by("created_at")],
        **unowned.export(person),
        **transfers.unowned(person),
        "bank_transfers": [
            transfers.facts(one)
            for one in TransferInstruction.objects.filter(attempt__in=_attempts(person)).order_by(
                "created_at"
            )
        ],
        "attempts": [
            personal_data.plain(attempt, "gateway", "status", "amount", "currency", "created_at")
            for attempt in _attempts(person).order_by("created_at")
        ],
    }


def _bank(refund: Refund) -> dict[str, str] | None:
    """Return the bank data given for a refund: they are the person's own."""
    request = BankRequest.objects.filter(refund=refund).first()
    if request is None or not request.sealed:
        return None
    return {str(label): value for label, value in bank_details.read(request).rows}


def _obstacles(person: Person) -> Iterable[Obstacle]:
    if _attempts(person).filter(status__in=PaymentAttempt.LIVE).exists():
        yield Obstacle("paying", _("A payment is still under way (a voucher may still be paid)."))
    mine = Refund.objects.filter(payment__in=_payments(person))
    under_way = [Refund.Status.REQUESTED, Refund.Status.PENDING, Refund.Status.MANUAL]
    if mine.filter(status__in=under_way).exists():
        yield Obstacle("refund", _("A refund is still on its way to you."))
    disputed = Q(status=Payment.Status.DISPUTED) | Q(disputes__status__in=Dispute.OPEN)
    if _payments(person).filter(disputed).exists():
        yield Obstacle("dispute", _("A payment is disputed at the bank."))
    if _payments(person).filter(role=Payment.Role.MISMATCH).exists():
        yield Obstacle("held", _("We are still clarifying one of your payments."))


def _erase(person: Person) -> int:
    """Empty the columns that identify the person, one attempt at a time; live ones put the erasure off."""
    changed = personal_data.each(
        _attempts(person).exclude(status__in=PaymentAttempt.LIVE),
        lambda attempt: _erase_attempt(attempt, person),
    )
    return changed + unowned.erase(person) + transfers.erase_unowned(person)


def _erase_attempt(attempt: PaymentAttempt, person: Person) -> int:
    changed = 1
    PaymentAttempt.objects.filter(pk=attempt.pk).update(
        token=token(),
        redirect_url="",
        voucher_url="",
        last_error="",
        buyer_digest="",
        fingerprint=attempt.fingerprint[:_HALF].ljust(64, "0"),
    )
    payments = list(Payment.objects.select_for_update(of=("self",)).filter(attempt=attempt).order_by("pk"))
    subjects = {attempt.pk: "payments.paymentattempt"}
    for payment in payments:
        Payment.objects.filter(pk=payment.pk).update(
            snapshot={}, status_detail=personal_data.scrub(payment.status_detail, person)
        )
        subjects[payment.pk] = "payments.payment"
        for refund in Refund.objects.filter(payment=payment):
            Refund.objects.filter(pk=refund.pk).update(
                reason=personal_data.scrub(refund.reason, person),
                last_error=personal_data.scrub(refund.last_error, person),
            )
            subjects[refund.pk] = "payments.refund"
        for request in BankRequest.objects.filter(refund__payment=payment):
            bank_details.forget(request)
        changed += 1
    for dispute in Dispute.objects.filter(payment__in=payments):
        _erase_dispute(dispute, person)
    changed += _erase_webhooks(attempt, payments)
    forgotten, named = transfers.erase_attempt(attempt)
    changed += forgotten
    subjects |= dict.fromkeys(named, "payments.bankcredit")
    for event in Event.objects.filter(subject_id__in=list(subjects)):
        changed += personal_data.scrub_event(event, person)
    return changed


def _erase_dispute(dispute: Dispute, person: Person) -> None:
    """Empty the provider's data of a dispute, and remove the person from the staff's notes about it."""
    Dispute.objects.filter(pk=dispute.pk).update(snapshot={})
    for note in dispute.notes.all():
        DisputeNote.objects.filter(pk=note.pk).update(text=personal_data.scrub(note.text, person))
    for line in dispute.evidence.exclude(note=""):
        DisputeEvidence.objects.filter(pk=line.pk).update(note=personal_data.scrub(line.note, person))


def _erase_webhooks(attempt: PaymentAttempt, payments: list[Payment]) -> int:
    """Empty the notifications about an attempt; what they were about, and when they came, stays."""
    about = [
        number for number in (attempt.external_id, *(payment.external_id for payment in payments)) if number
    ]
    mine = Q(reference=attempt.reference) | Q(trail=attempt.trail)
    mine |= Q(provider=attempt.gateway, subject__in=about)
    return WebhookEvent.objects.filter(mine).update(payload={}, error="")


personal_data.contribute(
    personal_data.Part(
        name="payments",
        label=gettext_lazy("Payments and refunds"),
        position=10,
        export=_export,
        erase=_erase,
        obstacles=_obstacles,
        counts=lambda person: {"payments": _payments(person).count()},
    )
)
