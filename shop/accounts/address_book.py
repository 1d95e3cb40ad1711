"""The address book: at most one default per person, and always one when there is any address."""

from typing import Any
from uuid import UUID

from django.db import transaction

from shop.accounts.models import Address, User

MOST_ADDRESSES = 20


class AddressBookFull(Exception):
    """The person keeps `MOST_ADDRESSES` already. Trying again helps after deleting one."""


def add(user: User, *, is_default: bool = False, **fields: Any) -> Address:
    """Add an address; the first one becomes the default. Locks the person's row.

    Raises:
        AddressBookFull: too many are kept already.
    """
    with transaction.atomic():
        others = _lock(user)
        if len(others) >= MOST_ADDRESSES:
            raise AddressBookFull
        address = Address.objects.create(user=user, is_default=False, **fields)
        if is_default or not others:
            _point_at(user, address.pk)
            address.is_default = True
    return address


def change(address: Address, *, is_default: bool = False, **fields: object) -> Address:
    """Change an address; `is_default` makes it the default (it is never taken away, only given to another)."""
    with transaction.atomic():
        _lock(address.user)
        for name, value in fields.items():
            setattr(address, name, value)
        address.save(update_fields=[*fields, "updated_at"])
        if is_default:
            _point_at(address.user, address.pk)
            address.is_default = True
    return address


def make_default(address: Address) -> None:
    """Make this address the default of its person. Locks the person's row."""
    with transaction.atomic():
        _lock(address.user)
        _point_at(address.user, address.pk)


def remove(address: Address) -> None:
    """Delete an address; the newest of the others becomes the default if this one was. Twice is harmless."""
    with transaction.atomic():
        _lock(address.user)
        Address.objects.filter(pk=address.pk).delete()
        left = Address.objects.filter(user=address.user)
        heir = left.order_by("-created_at").first()
        if heir is not None and not left.filter(is_default=True).exists():
            _point_at(address.user, heir.pk)


def _lock(user: User) -> list[UUID]:
    """Lock the person's row, so that two tabs cannot both choose a default; return the keys of the addresses."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    return list(Address.objects.filter(user=user).values_list("pk", flat=True))


def _point_at(user: User, address_id: UUID) -> None:
    """Move the default: cleared first, because the database allows one per person."""
    Address.objects.filter(user=user, is_default=True).exclude(pk=address_id).update(is_default=False)
    Address.objects.filter(user=user, pk=address_id).update(is_default=True)
