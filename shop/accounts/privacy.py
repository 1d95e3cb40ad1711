"""The account's own personal data: sign-in, details, address book, sessions, changes by staff."""

from collections.abc import Iterable

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shop.accounts.models import Address, Profile, User
from shop.core.api import idempotency
from shop.core.json_types import JsonObject
from shop.core.privacy import personal_data
from shop.core.privacy.personal_data import Obstacle, Person
from shop.core.user_input.emails import is_address

_DETAILS = ("first_name", "last_name", "phone", "document_type", "document_number", "language")
_ADDRESS = (
    "label",
    "recipient",
    "street",
    "apartment",
    "city",
    "state",
    "postal_code",
    "country",
    "phone",
    "is_default",
)


def person_of(user: User) -> Person:
    """Return an account as a person: with every confirmed address, and the one it signs in with.

    One that staff entered counts only once it is confirmed: an open session could otherwise read and erase the data of
    its real owner.
    """
    known = dict(EmailAddress.objects.filter(user=user).values_list("email", "verified"))
    addresses = {user.email: True} | known
    return Person(frozenset(email.lower() for email, is_proven in addresses.items() if is_proven), user.pk)


def person_at(email: str) -> Person:
    """Return the person of an address: the account that has confirmed it, or a guest."""
    email = email.strip().lower()
    proven = is_address("email", email) | (
        is_address("emailaddress__email", email) & Q(emailaddress__verified=True)
    )
    user = User.objects.filter(proven).first()
    return person_of(user) if user is not None else Person(frozenset({email}))


def _users(person: Person) -> "QuerySet[User]":
    return User.objects.filter(pk=person.user_id) if person.user_id else User.objects.none()


def _export(person: Person) -> JsonObject:
    user = _users(person).first()
    if user is None:
        return {}
    profile = Profile.objects.filter(user=user).first()
    return {
        "account": personal_data.plain(user, "email", "public_number", "date_joined", "last_login"),
        "email_addresses": [
            personal_data.plain(address, "email", "verified", "primary")
            for address in EmailAddress.objects.filter(user=user)
        ],
        "details": personal_data.plain(profile, *_DETAILS) if profile else {},
        "devices": [
            {"network": device.ip, **personal_data.plain(device, "user_agent", "created_at", "last_seen_at")}
            for device in UserSession.objects.filter(user=user).order_by("pk")
        ],
        "addresses": [
            personal_data.plain(address, *_ADDRESS, "created_at") for address in user.addresses.all()
        ],
    }


def _obstacles(person: Person) -> Iterable[Obstacle]:
    if _users(person).filter(Q(is_staff=True) | Q(is_superuser=True)).exists():
        yield Obstacle(
            "staff", _("This is an account of the staff: somebody must take its rights away first.")
        )


def _needles(person: Person) -> Iterable[str]:
    for profile in Profile.objects.filter(user_id=person.user_id) if person.user_id else ():
        yield from (profile.full_name, profile.phone, profile.document_number)
    for address in Address.objects.filter(user_id=person.user_id) if person.user_id else ():
        yield from (address.recipient, address.street, address.phone)


def _erase(person: Person) -> int:
    """Delete the account with its dependent rows and its sessions; an account of the staff stays."""
    changed = 0
    for user in _users(person).filter(is_staff=False, is_superuser=False):
        for session in Session.objects.iterator(chunk_size=500):
            if session.get_decoded().get("_auth_user_id") == str(user.pk):
                changed += session.delete()[0]
        changed += idempotency.forget(user.pk)
        user.delete()
        changed += 1
    named = Q(pk__in=[])
    for address in person.emails:
        named |= Q(object_repr__icontains=address) | Q(change_message__icontains=address)
    for entry in LogEntry.objects.filter(named):
        LogEntry.objects.filter(pk=entry.pk).update(
            object_repr=personal_data.scrub(entry.object_repr, person),
            change_message=personal_data.scrub(entry.change_message, person),
        )
        changed += 1
    return changed


personal_data.contribute(
    personal_data.Part(
        name="accounts",
        label=gettext_lazy("Account, details and addresses"),
        position=60,
        export=_export,
        erase=_erase,
        obstacles=_obstacles,
        needles=_needles,
        counts=lambda person: {
            "accounts": _users(person).count(),
            "devices": UserSession.objects.filter(user_id=person.user_id).count() if person.user_id else 0,
            "addresses": Address.objects.filter(user_id=person.user_id).count() if person.user_id else 0,
        },
    )
)
