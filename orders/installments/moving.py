"""A due date that its buyer moves: once for each plan, before it falls due, by so many days at most, for nothing."""

from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from orders.installments import notices, plan_state
from orders.models import Installment, InstallmentEvent, InstallmentPlan


class CannotMove(Exception):
    """The date cannot be moved (to this day). `latest` is the last day that is possible; None: none is."""

    def __init__(self, latest: date | None = None) -> None:
        super().__init__(f"until {latest}")
        self.latest = latest


def latest_for(plan: InstallmentPlan, row: Installment, *, is_used: bool | None = None) -> date | None:
    """Return the last day to which an instalment may be moved; None: it may not, or the plan's one move is used.

    `is_used`: whether it is, where that is known already; else it is asked (one query).
    """
    is_open = plan.is_live and row.open_amount > 0 and row.due_date > timezone.localdate()
    if not settings.INSTALLMENT_MOVE_DAYS or not is_open:
        return None
    if is_used is None:
        is_used = plan.installments.filter(moved_at__isnull=False).exists()
    if is_used:
        return None
    return row.due_date + timedelta(days=settings.INSTALLMENT_MOVE_DAYS)


def move_due_date(plan: InstallmentPlan, *, number: int, to: date, actor: str) -> Installment:
    """Move the due date of an instalment to a later day; its interest stays as it was. Locks the order, then the plan.

    In the caller's transaction.

    Raises:
        CannotMove: it is paid or due, the plan's move is used, or the day is not after the due date or too late.
    """
    locked = plan_state.lock(plan.pk)
    row = locked.installments.get(number=number)
    latest = latest_for(locked, row)
    if latest is None or not row.due_date < to <= latest:
        raise CannotMove(latest)
    now = timezone.now()
    InstallmentEvent.objects.create(
        installment=row,
        kind=InstallmentEvent.Kind.MOVED,
        note=f"{row.due_date.isoformat()} → {to.isoformat()}",
        actor=actor[:150],
    )
    row.due_date, row.moved_at = to, now
    row.next_notice_at, row.notices = notices.next_notice(to, sent=0, after=now), 0
    row.save(update_fields=["due_date", "moved_at", "next_notice_at", "notices", "updated_at"])
    return row


def explain(error: CannotMove) -> str:
    """Return why a date cannot be moved, in the active language."""
    if error.latest is None:
        return _(
            "This due date cannot be moved: each plan has one move, of an instalment that is not due yet."
        )
    return _("Choose a day after the due date, until %(day)s at most.") % {
        "day": date_format(error.latest, "SHORT_DATE_FORMAT")
    }
