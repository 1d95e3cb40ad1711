"""Mails to the staff about disputes: outbox rows, written in the transaction of what causes them, once each."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timeuntil
from django.utils.translation import override

from payments import gateways
from payments.models import Dispute
from shop.core.mail import outbox
from shop.core.models import EmailLog


def tell_opened(dispute: Dispute) -> None:
    """Write, once per opening (and once more when a question turned into a dispute), until when to answer."""
    stage = "question" if dispute.status == Dispute.Status.INQUIRY else "dispute"
    _to_staff(dispute, "dispute_opened", f"dispute-opened:{dispute.pk}:{dispute.round}:{stage}")


def tell_closed(dispute: Dispute) -> None:
    """Write, once per opening and end, how it ended and what that means for the order."""
    _to_staff(dispute, "dispute_closed", f"dispute-closed:{dispute.pk}:{dispute.round}:{dispute.status}")


def remind(dispute: Dispute, days: int) -> bool:
    """Write, once per deadline and number of days, that the deadline is near; return whether a mail was written."""
    if dispute.respond_by is None:
        return False
    key = f"dispute-reminder:{dispute.pk}:{dispute.respond_by:%Y%m%d%H%M}:{days}"
    return _to_staff(dispute, "dispute_reminder", key)


def words_until(moment: Any) -> str:
    """Say how long there is until a moment, in the language in use; empty when it has passed."""
    now = timezone.now()
    return timeuntil(moment, now) if moment and moment > now + timedelta(minutes=1) else ""


def _to_staff(dispute: Dispute, template: str, key: str) -> bool:
    if EmailLog.objects.filter(dedupe_key=key).exists():
        return False
    payment = dispute.payment
    with override(settings.LANGUAGE_CODE):
        left = words_until(dispute.respond_by)
    path = reverse("admin:index") + f"payments/dispute/{dispute.pk}/change/"
    outbox.queue(
        kind=template,
        to=settings.SHOP_EMAIL,
        template=template,
        context={
            "dispute": dispute,
            "payment": payment,
            "order": payment.order,
            "session": payment.purchase,
            "provider": gateways.get(dispute.gateway).label,
            "left": left,
            "checklist": list(dispute.evidence.all()),
            "admin_url": f"{settings.SITE_URL}{path}",
        },
        dedupe_key=key,
        language=settings.LANGUAGE_CODE,
        trail=payment.trail,
    )
    return True
