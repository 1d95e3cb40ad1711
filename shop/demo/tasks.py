"""The demo's task: photographs in place of drawings. Twice is harmless."""

from celery import shared_task

from shop.demo import photographing


@shared_task(ignore_result=True)
def take_photographs() -> dict[str, int]:
    """Take photographs of the demo's garments for a while; the rest in the next turn."""
    return photographing.take_photographs()
