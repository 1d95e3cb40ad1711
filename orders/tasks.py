"""Celery's entrances to the orders' jobs: each calls one function; twice is harmless."""

from celery import shared_task

from orders import checkout, housekeeping
from shop.core.jobs import job


@shared_task(ignore_result=True)
@job("expire_checkouts")
def expire_checkouts() -> int:
    """Expire the checkout sessions whose time is over and release what they hold."""
    return checkout.expire_due()


@shared_task(ignore_result=True)
@job("purge_old_carts")
def purge_old_carts() -> dict[str, int]:
    """Delete carts, sessions and addresses that nobody needs any more."""
    return {
        "carts": housekeeping.purge_old_carts(),
        "sessions": housekeeping.purge_old_sessions(),
        "addresses": housekeeping.purge_addresses(),
    }
