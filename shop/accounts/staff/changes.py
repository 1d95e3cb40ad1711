"""Changes by staff to how somebody else signs in: recorded as events, and mailed to that person.

A new address or password gives control of the account. So the owner is mailed at the former address, an event records
who did it, and a new address must be confirmed by a code.
"""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction

from shop.accounts import devices
from shop.accounts.models import User, vouch
from shop.core.ids import uuid7
from shop.core.mail import outbox
from shop.core.states import record


def address_changed(user: User, *, before: str, actor: str, is_vouched: bool) -> None:
    """Make a newly saved address the only one of the account, record who did it and mail the old one.

    `is_vouched`: it signs in at once, as accounts of the staff do when a superuser changes them. Otherwise it is
    confirmed with a code at the next visit.
    """
    with transaction.atomic():
        EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
        if is_vouched:
            vouch(user)
        else:
            EmailAddress.objects.update_or_create(
                user=user, email=user.email, defaults={"verified": False, "primary": True}
            )
        record(user, "address changed", actor=actor, reason="changed by staff")
        _tell(user, "address_changed_by_staff", to=before)


def password_set(user: User, *, actor: str) -> None:
    """Record who set (or removed) the password of an account, sign it out everywhere, and mail the person."""
    with transaction.atomic():
        devices.end_all(user, actor=actor)
        record(user, "password set", actor=actor, reason="changed by staff")
        _tell(user, "password_set_by_staff", to=user.email)


def _tell(user: User, template: str, *, to: str) -> None:
    profile = getattr(user, "profile", None)
    outbox.queue(
        kind=template,
        to=to,
        template=template,
        context={},
        # Each change sends a mail of its own.
        dedupe_key=f"{template}:{uuid7()}",
        language=profile.language if profile else settings.LANGUAGE_CODE,
        user=user,
    )
