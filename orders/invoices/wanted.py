"""Which documents are wanted: rows written with what causes them, in its transaction, and found again by a job.

Whoever places an order, pays a reimbursement back or cancels knows nothing of invoices: recorded events order them
(`shop.core.states.on_event`). What has no event of its own time (orders before the shop issued invoices, a worker of
the version before) is found by `catch_up`.
"""

from datetime import datetime, time, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils import timezone

from orders.invoices.fiscal import offered
from orders.invoices.papers import FAILED_LATER
from orders.models import ExchangeCharge, InstallmentPlan, Invoice, Order, Reimbursement
from shop.core.database.kept_writes import KeptInsert
from shop.core.jobs import dispatch
from shop.core.models import Event
from shop.core.states import move, on_event, record

_Status = Invoice.Status
_Kind = Invoice.Kind
# How far back refunds are looked for that no event told of, and how many at a time.
_LOOK_BACK: Final = timedelta(days=30)
_BATCH: Final = 200


def invoice(order: Order) -> Invoice | None:
    """Order the invoice of an order, once; None: it cost nothing. In the caller's transaction."""
    if order.total <= 0:
        return None
    provider = offered()
    return _order_one(
        order,
        kind=_Kind.INVOICE if provider else _Kind.RECEIPT,
        provider=provider,
        dedupe_key=f"invoice:{order.pk}",
    )


def credit_note(
    order: Order, *, dedupe_key: str, reimbursement: Reimbursement | None = None, refund: UUID | None = None
) -> Invoice | None:
    """Order the credit note for one cause, once; None: the order has no invoice to credit."""
    credited = _billed(order)
    if credited is None:
        return None
    found = _order_one(
        order,
        kind=_Kind.CREDIT_NOTE,
        provider=credited.provider,
        dedupe_key=dedupe_key,
        related_to=credited,
        reimbursement=reimbursement,
        refund=refund,
    )
    if found.status == _Status.VOID:
        # Its refund had failed, and has succeeded after all.
        move(found, _Status.DRAFT, actor="job:invoices", next_try_at=timezone.now(), tries=0)
        _wake(found)
    elif found.attention:
        Invoice.objects.filter(pk=found.pk).update(attention="")
    return found


def debit_note(charge: ExchangeCharge) -> Invoice | None:
    """Order the debit note for the difference that a buyer paid for an exchange, once; None: there is no invoice."""
    order = charge.exchange.order
    billed = _billed(order)
    if billed is None:
        return None
    return _order_one(
        order,
        kind=_Kind.DEBIT_NOTE,
        provider=billed.provider,
        dedupe_key=f"debit:{charge.pk}",
        related_to=billed,
        charge=charge,
    )


def _billed(order: Order) -> Invoice | None:
    """Return the invoice or receipt that notes of an order refer to, issued or to be issued."""
    return Invoice.objects.filter(order=order, kind__in=Invoice.BILLS).exclude(status=_Status.VOID).first()


_write: Final = KeptInsert(Invoice, unless_there=True)


def _order_one(order: Order, *, dedupe_key: str, **values: Any) -> Invoice:
    row = Invoice(
        order=order,
        currency=order.currency,
        dedupe_key=dedupe_key,
        next_try_at=timezone.now(),
        **values,
    )
    if not _write(row):
        return Invoice.objects.select_related("order").get(dedupe_key=dedupe_key)
    _wake(row)
    return row


def _wake(row: Invoice) -> None:
    transaction.on_commit(partial(dispatch, "orders.tasks.issue_invoice", str(row.pk)))


# -- What causes them --------------------------------------------------------------------------------------------------


def _on_placed(obj: models.Model, event: Event) -> None:
    if isinstance(obj, Order):
        invoice(obj)


def _on_reimbursed(obj: models.Model, event: Event) -> None:
    owed = Reimbursement.objects.select_related("order").get(pk=obj.pk)
    credit_note(owed.order, dedupe_key=f"credit:{owed.pk}", reimbursement=owed)


def _on_not_reimbursed(obj: models.Model, event: Event) -> None:
    _withdraw(f"credit:{obj.pk}")


def _on_refunded(obj: models.Model, event: Event) -> None:
    """Follow a refund that pays no reimbursement: one that somebody made in the provider's panel."""
    refund: Any = obj
    payment = refund.payment
    if refund.status != "succeeded" or payment.role != "order" or payment.order_id is None:
        return
    parts = apps.get_model("payments", "ReimbursementPart")._default_manager
    if parts.filter(refund=refund.pk).exists():
        return
    credit_note(payment.order, dedupe_key=f"credit-refund:{refund.pk}", refund=refund.pk)


def _on_refund_failed(obj: models.Model, event: Event) -> None:
    _withdraw(f"credit-refund:{obj.pk}")


def _on_cancelled(obj: models.Model, event: Event) -> None:
    """Credit what of a cancelled order nobody owes back: instalments that were never paid."""
    order = Order.objects.get(pk=obj.pk)
    waiting = Invoice.objects.filter(
        order=order, status__in=[_Status.DRAFT, _Status.REJECTED], kind__in=Invoice.BILLS
    ).first()
    if waiting is not None and not order.money.paid:
        move(
            waiting,
            _Status.VOID,
            actor=event.actor,
            reason="cancelled before it was issued",
            next_try_at=None,
        )
        return
    # What was paid goes back by reimbursements, each with its note; only a contract has what was never paid.
    if InstallmentPlan.objects.filter(order=order).exists():
        credit_note(order, dedupe_key=f"credit-cancelled:{order.pk}")


def _on_difference_paid(obj: models.Model, event: Event) -> None:
    debit_note(ExchangeCharge.objects.select_related("exchange__order").get(pk=obj.pk))


def _withdraw(dedupe_key: str) -> None:
    """Drop a note that is not issued yet, since its money did not go back; of an issued one tell the staff."""
    note = Invoice.objects.select_related("order").filter(dedupe_key=dedupe_key).first()
    if note is None or note.status in {_Status.VOID, *Invoice.UNRESOLVED}:
        return
    if note.status == _Status.AUTHORISED:
        Invoice.objects.filter(pk=note.pk).update(attention=FAILED_LATER)
        record(note, "refund failed after its note", actor="job:invoices", reason=FAILED_LATER)
        return
    move(note, _Status.VOID, actor="job:invoices", reason="its refund failed", next_try_at=None)


def listen() -> None:
    """Order documents whenever what causes them is recorded."""
    on_event(_on_placed, "orders.order", kind="placed")
    on_event(_on_cancelled, "orders.order", to="cancelled")
    on_event(_on_reimbursed, "orders.reimbursement", to="paid")
    on_event(_on_not_reimbursed, "orders.reimbursement", to="failed")
    on_event(_on_refunded, "payments.refund", to="succeeded")
    on_event(_on_refunded, "payments.refund", kind="mirrored")
    on_event(_on_refund_failed, "payments.refund", to="failed")
    on_event(_on_difference_paid, "orders.exchangecharge", to="paid")


listen()


# -- What no event told of ---------------------------------------------------------------------------------------------


def catch_up(*, limit: int = _BATCH) -> int:
    """Order what is wanting: invoices of orders since `INVOICES_SINCE`, notes of what went back; return how many."""
    return _missing_invoices(limit) + _missing_notes(limit) + _missing_debit_notes(limit)


def _missing_invoices(limit: int) -> int:
    since = settings.INVOICES_SINCE
    if since is None:
        return 0
    begin = timezone.make_aware(datetime.combine(since, time.min))
    own = Invoice.objects.filter(order=OuterRef("pk"), kind__in=Invoice.BILLS)
    wanting = Order.objects.filter(~Exists(own), placed_at__gte=begin, total__gt=0)
    made = 0
    for order in wanting.exclude(status=Order.Status.CANCELLED).order_by("placed_at")[:limit]:
        with transaction.atomic():
            made += invoice(order) is not None
    return made


def _missing_notes(limit: int) -> int:
    """Look for reimbursements that were paid, and refunds that succeeded, without their note."""
    invoiced = Invoice.objects.filter(
        order=OuterRef("order"), status=_Status.AUTHORISED, kind__in=Invoice.BILLS
    )
    paid = Reimbursement.objects.filter(
        Exists(invoiced), status=Reimbursement.Status.PAID, credit_note=None, paid_at__gte=Now() - _LOOK_BACK
    )
    made = 0
    for owed in paid.select_related("order").order_by("paid_at")[:limit]:
        with transaction.atomic():
            found = credit_note(owed.order, dedupe_key=f"credit:{owed.pk}", reimbursement=owed)
            made += found is not None
    return made


def _missing_debit_notes(limit: int) -> int:
    """Look for differences that were paid without their note."""
    invoiced = Invoice.objects.filter(
        order=OuterRef("exchange__order"), status=_Status.AUTHORISED, kind__in=Invoice.BILLS
    )
    paid = ExchangeCharge.objects.filter(
        Exists(invoiced),
        status=ExchangeCharge.Status.PAID,
        debit_note=None,
        paid_at__gte=Now() - _LOOK_BACK,
    )
    made = 0
    for charge in paid.select_related("exchange__order").order_by("paid_at")[:limit]:
        with transaction.atomic():
            made += debit_note(charge) is not None
    return made
