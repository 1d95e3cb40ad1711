"""How long messages and their log are kept: OUTGOING_WEBHOOK_KEEP days; and the daily care of secrets."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from shop.core.due.locked import in_batches
from shop.core.models import OutgoingDelivery, OutgoingMessage
from shop.core.outgoing import endpoints

_BATCH = 1000


def purge() -> dict[str, int]:
    """Delete old messages with their deliveries and tries, in batches; delete and re-encrypt secrets as they are due.

    Also what still waits for an endpoint that is switched off: nobody wants to be told of it a month later. Repeatable.
    """
    old = OutgoingMessage.objects.filter(occurred_at__lt=Now() - settings.OUTGOING_WEBHOOK_KEEP).order_by(
        "occurred_at"
    )
    return {
        "messages": in_batches(old, _delete, size=_BATCH),
        "former secrets": endpoints.end_overlaps(),
        "encrypted again": endpoints.reencrypt(),
    }


def _delete(keys: Sequence[Any]) -> int:
    rows = OutgoingMessage.objects.filter(pk__in=keys)
    OutgoingDelivery.objects.filter(message__in=rows).delete()
    return rows.delete()[0]
