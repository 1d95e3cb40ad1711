"""The request for the bank data of a manual refund: a mail to the buyer with a link, and reminders.

The link contains the request's key, encrypted (`shop.core.privacy.vault`): opaque, signed, expiring, and not to be
derived from the database's content.
"""

from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from payments import notices
from payments.models import BankRequest, Refund
from shop.core.due.locked import one_by_one
from shop.core.privacy import vault
from shop.core.states import record
from shop.core.web.languages import in_language

_LINK: Final = "bank link"
# The question and two reminders; then people must find the shopper another way.
MOST_MAILS: Final = 3


class BadLink(Exception):
    """The link was not made by us, or has expired. Asking the shop for another one helps."""


def ask_buyer(refund: Refund, *, actor: str) -> BankRequest | None:
    """Open the request, unless the payment is an unmatched one.

    An unmatched payment's payer bought nothing here, and has no address.
    """
    return None if refund.payment.is_unmatched else ask(refund, actor=actor)


def ask(refund: Refund, *, actor: str) -> BankRequest:
    """Open the question for a refund that people must make, and mail the buyer; once per refund, however often called.

    Called in the transaction that makes the refund manual.
    """
    request, is_new = BankRequest.objects.get_or_create(refund=refund, defaults={"country": _country(refund)})
    # A transfer that came back makes the refund manual once more, when the data may be forgotten already.
    if is_new or (request.purged_at and not request.sealed):
        BankRequest.objects.filter(pk=request.pk).update(purged_at=None)
        request.purged_at = None
        record(request, "bank data asked", actor=actor, trail=refund.trail)
        _mail_question(request)
    return request


def remind_due(*, limit: int = 100, actor: str = "job:bank_data") -> dict[str, int]:
    """Remind where nobody has answered, a limited number of times; then notify the staff. One transaction each."""
    due = BankRequest.objects.filter(
        next_reminder_at__lte=Now(), sealed="", refund__status=Refund.Status.MANUAL
    ).order_by("next_reminder_at")

    def remind(request: BankRequest) -> str:
        if request.mails < MOST_MAILS:
            _mail_question(request)
            return "asked"
        BankRequest.objects.filter(pk=request.pk).update(next_reminder_at=None)
        refund = request.refund
        notices.tell_staff(refund.payment, "refund-no-bank-data", str(refund), actor=actor, about=refund)
        return "given up"

    tally = one_by_one(due, remind, limit=limit)
    return {"asked": tally["asked"], "given up": tally["given up"]}


def ask_again(request: BankRequest, *, actor: str) -> bool:
    """Send the buyer a new link, at a person's request; return whether there is an address."""
    with transaction.atomic():
        locked = BankRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
        if locked.refund.status != Refund.Status.MANUAL or not locked.refund.payment.purchase.email:
            return False
        record(locked, "bank data asked", actor=actor)
        _mail_question(locked)
    return True


def link(request: BankRequest) -> str:
    """Return the page's full address in the language of the purchase; it expires after `BANK_DATA_LINK_DAYS`."""
    path = reverse("payments:bank_data", args=[vault.encrypt(_LINK, request.pk.bytes)])
    return f"{settings.SITE_URL}{in_language(path, request.refund.payment.purchase.language)}"


def _mail_question(request: BankRequest) -> None:
    """Queue the mail with a new link, and plan the next one."""
    number = request.mails + 1
    BankRequest.objects.filter(pk=request.pk).update(
        mails=number, next_reminder_at=timezone.now() + settings.BANK_DATA_REMIND
    )
    request.mails = number
    notices.to_shopper(
        request.refund.payment.purchase,
        template="bank_data_asked",
        dedupe_key=f"bank-data-asked:{request.pk}:{number}",
        refund=request.refund,
        order=request.refund.payment.order,
        is_reminder=number > 1,
        page_url=link(request),
        days=settings.BANK_DATA_LINK_TTL.days,
    )


def _country(refund: Refund) -> str:
    """Return the country of the buyer's bank: the invoice's, else the shop's own."""
    address = refund.payment.purchase.billing_address
    return address.country if address else settings.SHOP_COUNTRY


def find(token: str) -> BankRequest:
    """Return the request that a link opens.

    Raises:
        BadLink: see there.
    """
    try:
        key = vault.decrypt(_LINK, token, max_age=int(settings.BANK_DATA_LINK_TTL.total_seconds()))
        return BankRequest.objects.select_related("refund__payment__attempt__purchase").get(
            pk=UUID(bytes=key)
        )
    except (vault.CannotOpen, ValueError, BankRequest.DoesNotExist):
        raise BadLink from None
