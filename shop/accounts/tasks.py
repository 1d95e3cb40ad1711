"""Celery tasks of the accounts: each loads by id and calls one verb; twice is harmless."""

from celery import shared_task

from shop.accounts import devices, erasure
from shop.core.jobs import job
from shop.core.privacy import personal_data


@shared_task(ignore_result=True)
def carry_out_erasure(request_id: str) -> str:
    """Carry out one confirmed erasure, as far as it goes."""
    return erasure.carry_out(request_id)


@shared_task(ignore_result=True)
@job("erasures")
def tend_erasures() -> dict[str, int]:
    """Carry out the erasures that are due, and expire unconfirmed ones."""
    return erasure.run_due()


@shared_task(ignore_result=True)
@job("privacy_lapse")
def expire() -> dict[str, int]:
    """Erase what was kept by law and is past its retention, and the devices whose sessions are over."""
    return {**personal_data.expire(), "devices": devices.purge()}
