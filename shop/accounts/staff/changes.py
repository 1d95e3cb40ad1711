"""What the staff changes of somebody else's way of signing in: kept in the trail, and told to that person.

A new address or password of an account is as good as the account itself. So whoever it belongs to hears of it at the
address that stood there before, the trail says who did it, and a new address is confirmed by whoever reads its mail.
"""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction

from shop.accounts.models import User, vouch
from shop.core.ids import uuid7
from shop.core.mail import outbox
from shop.core.states import record


def address_changed(user: User, *, before: str, actor: str, is_vouched: bool) -> None:
    """Make a newly saved address the only one of the account, keep who did it and tell the old one.

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
    """Keep who set (or took away) the password of an account, and tell the person."""
    with transaction.atomic():
        record(user, "password set", actor=actor, reason="changed by staff")
        _tell(user, "password_set_by_staff", to=user.email)


def _tell(user: User, template: str, *, to: str) -> None:
    profile = getattr(user, "profile", None)
    outbox.queue(
        kind=template,
        to=to,
        template=template,
        context={},
        # Each change is an act of its own.
        dedupe_key=f"{template}:{uuid7()}",
        language=profile.language if profile else settings.LANGUAGE_CODE,
        user=user,
    )
