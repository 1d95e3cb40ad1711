"""Celery tasks of the orders: each calls one function; twice is harmless."""

from celery import shared_task

from orders import retention
from orders.checkout import sessions
from orders.installments import cancelling, notices
from shop.core.jobs import job


@shared_task(ignore_result=True)
@job("expire_checkouts")
def expire_checkouts() -> int:
    """Expire the checkout sessions whose time is over and release what they hold."""
    return sessions.expire_due()


@shared_task(ignore_result=True)
@job("purge_old_carts")
def purge_old_carts() -> dict[str, int]:
    """Delete carts, sessions and addresses that are not needed any more."""
    return {
        "carts": retention.purge_old_carts(),
        "sessions": retention.purge_old_sessions(),
        "addresses": retention.purge_addresses(),
    }


@shared_task(ignore_result=True)
@job("remind_installments")
def remind_installments() -> dict[str, int]:
    """Remind buyers of instalments that are due, or overdue."""
    return notices.send_due()


@shared_task(ignore_result=True)
@job("cancel_unpaid_plans")
def cancel_unpaid_plans() -> dict[str, int]:
    """Cancel orders whose first instalment was never paid, and return their units to stock."""
    return cancelling.cancel_due()
