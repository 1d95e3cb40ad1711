"""Whether the providers' webhooks arrive: payments that are made while none arrives mean that the connection is broken.

With no webhook at all every payment still ends as an order or a refund (return page, reconciliation, list), only
later; so this is for people to repair: a wrong address or secret in the provider's panel, a firewall, an outage over
there. Counted only from payments that should have been announced: a shop that sells nothing at night is not silent.
"""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from payments import gateways
from payments.models import Payment, ProviderWatch, WebhookEvent
from shop.core.mail import outbox
from shop.core.states import record

ACTOR: Final = "job:watch_webhooks"
# A payment older than this says nothing about today's webhooks.
_LOOK_BACK: Final = timedelta(days=14)


def check(*, now: datetime | None = None, actor: str = ACTOR) -> dict[str, int | str]:
    """Check every offered provider; notify the staff once when one falls silent. Returns how many are, and which."""
    now = now or timezone.now()
    found = [code for code in _offered() if _check(code, now, actor=actor)]
    return {"silent": len(found), "providers": ", ".join(found)}


def _offered() -> list[str]:
    return [
        code
        for code in settings.PAYMENT_GATEWAYS
        if code in gateways.GATEWAYS and gateways.get(code, gateways.for_pages()).notifies
    ]


def _check(code: str, now: datetime, *, actor: str) -> bool:
    """Return whether a provider is silent, and store since when; two checks at once notify once."""
    ProviderWatch.objects.get_or_create(gateway=code)
    with transaction.atomic():
        watch = ProviderWatch.objects.select_for_update().get(gateway=code)
        watch.last_webhook_at = _last_webhook(watch)
        unannounced = _first_unannounced(watch, now)
        limit = timedelta(hours=settings.WEBHOOK_SILENCE_HOURS)
        is_silent = unannounced is not None and unannounced <= now - limit
        if is_silent and watch.silent_since is None:
            watch.silent_since = unannounced
            record(watch, "webhooks.silent", actor=actor, reason=f"since {unannounced:%Y-%m-%d %H:%M}")
            _tell_staff(watch)
        elif not is_silent and watch.silent_since is not None and _has_spoken(watch):
            watch.silent_since = None
            record(watch, "webhooks.back", actor=actor)
        watch.save(update_fields=["last_webhook_at", "silent_since", "updated_at"])
    return watch.silent_since is not None


def _has_spoken(watch: ProviderWatch) -> bool:
    """Say whether a webhook came since the silence began: no sales for a night do not end an alarm."""
    since, last = watch.silent_since, watch.last_webhook_at
    return since is None or (last is not None and last > since)


def _last_webhook(watch: ProviderWatch) -> datetime | None:
    # What was set aside unread (a test, the other mode) does not show that the shop's own come.
    unread = Q(status=WebhookEvent.Status.IGNORED, attempts=0)
    snapshot = WebhookEvent.objects.filter(provider=watch.gateway).exclude(unread)
    newest = snapshot.aggregate(at=Max("received_at"))["at"]
    known = [moment for moment in (newest, watch.last_webhook_at) if moment]
    return max(known) if known else None


def _first_unannounced(watch: ProviderWatch, now: datetime) -> datetime | None:
    """Return when the first payment arrived after the provider's last webhook; None: there was none to announce.

    The last webhook's own payment is written after it: it was announced, as its purchase's events show.
    """
    since = max(moment for moment in (watch.last_webhook_at, now - _LOOK_BACK) if moment)
    snapshot = WebhookEvent.objects.filter(provider=watch.gateway, trail=OuterRef("attempt__purchase_id"))
    ours = Payment.objects.filter(gateway=watch.gateway, created_at__gt=since, attempt__isnull=False)
    payments = ours.exclude(Exists(snapshot))
    found: datetime | None = payments.order_by("created_at").values_list("created_at", flat=True).first()
    return found


def _tell_staff(watch: ProviderWatch) -> None:
    since = watch.silent_since
    outbox.queue(
        kind="webhooks_silent",
        to=settings.SHOP_EMAIL,
        template="webhooks_silent",
        context={
            "watch": watch,
            "label": gateways.get(watch.gateway).label,
            "endpoint": f"{settings.SITE_URL}{reverse('payments:webhook', args=[watch.gateway])}",
            "admin_url": f"{settings.SITE_URL}{reverse('admin:index')}payments/providerwatch/{watch.pk}/change/",
        },
        dedupe_key=f"webhooks-silent:{watch.gateway}:{since:%Y%m%d%H%M%S}",
        language=settings.LANGUAGE_CODE,
    )


def silent() -> list[str]:
    """Return the offered providers whose webhooks are silent."""
    return list(_watches().exclude(silent_since=None).values_list("gateway", flat=True))


def _watches() -> QuerySet[ProviderWatch]:
    """Return the rows of the providers that are offered: one no longer offered raises no alarm."""
    return ProviderWatch.objects.filter(gateway__in=_offered()).order_by("gateway")


def health() -> dict[str, object]:
    """Return the providers' part of the health page: whose webhooks are silent, and whose lists are unread."""
    late = timezone.now() - 2 * settings.PROVIDER_LIST_EVERY
    rows = list(_watches().values_list("gateway", "silent_since", "high_water_mark"))
    quiet = [code for code, since, _until in rows if since]
    unread = [code for code, _since, until in rows if until and until < late]
    return {"is_degraded": bool(quiet or unread), "silent": quiet, "lists_unread": unread}
