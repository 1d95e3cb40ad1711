"""Celery tasks of the orders: each calls one function; twice is harmless."""

from celery import shared_task

from orders import retention
from orders.checkout import sessions
from orders.exchanges import ending as exchange_ending
from orders.exchanges import releasing
from orders.fulfilment import label_voids, labels, lateness, tracking
from orders.installments import bills, cancelling, late_interest, notices
from orders.invoices import issuing
from orders.returns import answering
from orders.shipping import branches
from shop.core.jobs import job

# Work for all instalments of a day. Each ends by itself after twenty minutes (`seconds`), and goes on at its next run.
_SOFT_LIMIT = 1500
_HARD_LIMIT = 1560


@shared_task(ignore_result=True)
@job("expire_checkouts")
def expire_checkouts() -> int:
    """Expire the checkout sessions whose time is over and release what they hold."""
    return sessions.expire_due()


@shared_task(ignore_result=True)
@job("purge_old_carts")
def purge_old_carts() -> dict[str, int]:
    """Delete carts, sessions, addresses and quotes of instalments that are not needed any more."""
    return {
        "carts": retention.purge_old_carts(),
        "sessions": retention.purge_old_sessions(),
        "addresses": retention.purge_addresses(),
        "quotes": retention.purge_quotes(),
        "carrier_quotes": retention.purge_carrier_quotes(),
    }


@shared_task(ignore_result=True, soft_time_limit=_SOFT_LIMIT, time_limit=_HARD_LIMIT)
@job("remind_installments")
def remind_installments() -> dict[str, int]:
    """Remind buyers of instalments that are due, or overdue."""
    return notices.send_due()


@shared_task(ignore_result=True)
@job("cancel_unpaid_plans")
def cancel_unpaid_plans() -> dict[str, int]:
    """Cancel orders whose first instalment was never paid, and return their units to stock."""
    return cancelling.cancel_due()


@shared_task(ignore_result=True)
@job("end_bills")
def end_bills() -> dict[str, int]:
    """End bills of instalments whose day is over and which nobody can pay any more."""
    return bills.end_due()


@shared_task(ignore_result=True, soft_time_limit=_SOFT_LIMIT, time_limit=_HARD_LIMIT)
@job("late_interest")
def charge_late_interest() -> dict[str, int]:
    """Book today's late interest of overdue instalments, where their plans have any."""
    return late_interest.charge_due()


@shared_task(ignore_result=True)
@job("issue_invoices")
def issue_invoices() -> dict[str, int]:
    """Issue the invoices, credit notes and receipts that are due, print them and queue their mails."""
    return issuing.issue_due()


@shared_task(ignore_result=True)
def issue_invoice(invoice_id: str) -> str:
    """Issue one document at once; the job finds it too."""
    return issuing.issue(invoice_id)


@shared_task(ignore_result=True, soft_time_limit=_SOFT_LIMIT, time_limit=_HARD_LIMIT)
@job("check_labels")
def check_labels() -> dict[str, int]:
    """Buy the labels that were queued, ask about those that are unknown, not decided, or without their PDF; void those
    that are not to be used.
    """
    return {**labels.check_due(), **label_voids.check_due()}


@shared_task(ignore_result=True, soft_time_limit=_SOFT_LIMIT, time_limit=_HARD_LIMIT)
@job("poll_tracking")
def poll_tracking() -> dict[str, int]:
    """Ask carriers where the shipments are that are due to be asked about."""
    return tracking.poll_due()


@shared_task(ignore_result=True)
@job("refresh_branches")
def refresh_branches() -> int:
    """Ask carriers again for lists of branches that are a week old."""
    return branches.refresh_old()


@shared_task(ignore_result=True)
@job("run_exchanges")
def run_exchanges() -> dict[str, int]:
    """End exchanges whose difference was not paid in time; release those whose return came and is for sale again."""
    done = exchange_ending.end_unpaid()
    return {**done, **releasing.release_due()}


@shared_task(ignore_result=True)
@job("late_orders")
def note_late_orders() -> dict[str, int]:
    """Note the orders that take longer than their buyers were told, and tell these."""
    return lateness.note_due()


@shared_task(ignore_result=True)
@job("expire_returns")
def expire_returns() -> dict[str, int]:
    """End the approved returns of which nothing was sent in time."""
    return answering.expire_due()
