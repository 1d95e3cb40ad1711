"""Who buys and where it goes: the data of the first step, kept as snapshots that are never rewritten."""

from dataclasses import asdict, dataclass, fields
from typing import Final

from orders.models import AddressSnapshot, CheckoutSession
from shop.accounts.models import Address, Profile, User
from shop.core.database.kept_queries import write
from shop.core.database.kept_rows import insert

# What of a contact stands on the session and the order under the same name.
BUYER: Final = (
    "email",
    "first_name",
    "last_name",
    "phone",
    "document_type",
    "document_number",
    "tax_condition",
)


@dataclass(frozen=True, slots=True)
class AddressData:
    """A postal address as it was typed and checked."""

    recipient: str
    street: str
    city: str
    state: str
    postal_code: str
    country: str
    apartment: str = ""
    phone: str = ""


_ADDRESS: Final = tuple(field.name for field in fields(AddressData))


@dataclass(frozen=True, slots=True)
class Contact:
    """Who buys and where it goes, checked. `shipping` None: fetched at a store; `billing` None: the same."""

    email: str
    first_name: str
    last_name: str
    phone: str
    document_type: str
    document_number: str
    shipping: AddressData | None
    billing: AddressData | None = None
    save_address: bool = False
    # A code of the country's tax conditions; "": a final consumer.
    tax_condition: str = ""


def account_contact(user: User) -> tuple[Profile | None, list[Address]]:
    """Return an account's profile and addresses (default first), to fill in the first step."""
    return Profile.objects.filter(user=user).first(), list(Address.objects.filter(user=user))


def snapshot(old: AddressSnapshot | None, data: AddressData | None) -> AddressSnapshot | None:
    """Return the snapshot for an address: the old row when nothing changed, otherwise a new one (never rewritten)."""
    if data is None:
        return None
    values = {name: getattr(data, name) for name in _ADDRESS}
    if old is not None and all(getattr(old, name) == value for name, value in values.items()):
        return old
    new = AddressSnapshot(**values)
    write(insert([new]))
    return new


def save_address(session: CheckoutSession, data: AddressData) -> None:
    """Put the address into the account's book, once."""
    if session.user is not None and not Address.objects.filter(user=session.user, **asdict(data)).exists():
        is_first = not Address.objects.filter(user=session.user).exists()
        Address.objects.create(user=session.user, is_default=is_first, **asdict(data))
