"""`/api/v1/account/addresses`: the address book. Another account's address does not exist (404)."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Status

from shop.accounts import address_book
from shop.accounts.api.auth import bearer, user_of
from shop.accounts.api.problems import ADDRESS_BOOK_FULL
from shop.accounts.api.schemas import BookedAddressBody, BookedAddressInput
from shop.accounts.forms import AddressForm
from shop.accounts.models import Address
from shop.core.api.document import refusals
from shop.core.api.forms import invalid
from shop.core.api.idempotency import once_per_key
from shop.core.api.paging import Page

router = Router(tags=["account"], auth=bearer)


@router.get("", response=Page[BookedAddressBody])
def list_addresses(request: HttpRequest) -> object:
    """List the addresses, the default first. There are so few that one page has them all."""
    return {"items": list(user_of(request).addresses.all()), "next": None}


@router.post("", response={201: BookedAddressBody, **refusals(409)})
@once_per_key()
def add_address(request: HttpRequest, body: BookedAddressInput) -> object:
    """Add an address."""
    fields = _checked(AddressForm(body.dict()))
    try:
        return Status(201, address_book.add(user_of(request), **fields))
    except address_book.AddressBookFull as error:
        raise ADDRESS_BOOK_FULL(
            _("Your address book is full. Delete an address you no longer use first.")
        ) from error


@router.get("/{uuid:address}", response={200: BookedAddressBody, **refusals(404)})
def read_address(request: HttpRequest, address: UUID) -> object:
    """Show one address."""
    return _own(request, address)


@router.put("/{uuid:address}", response={200: BookedAddressBody, **refusals(404)})
def change_address(request: HttpRequest, address: UUID, body: BookedAddressInput) -> object:
    """Replace an address. A default stays the default until another one is made it."""
    own = _own(request, address)
    return address_book.change(own, **_checked(AddressForm(body.dict(), instance=own)))


@router.delete("/{uuid:address}", response={204: None, **refusals(404)})
def delete_address(request: HttpRequest, address: UUID) -> object:
    """Delete an address; the newest of the others becomes the default if this one was. Orders keep their own copy."""
    address_book.remove(_own(request, address))
    return Status(204, None)


@router.post("/{uuid:address}/default", response={200: BookedAddressBody, **refusals(404)})
def make_default(request: HttpRequest, address: UUID) -> object:
    """Make an address the default."""
    own = _own(request, address)
    address_book.make_default(own)
    own.is_default = True
    return own


def _own(request: HttpRequest, key: UUID) -> Address:
    return get_object_or_404(Address.objects.select_related("user"), pk=key, user=user_of(request))


def _checked(form: AddressForm) -> dict[str, Any]:
    """Return the fields of an address by the country's rules. Raises: Problem (422)."""
    if not form.is_valid():
        raise invalid(form)
    return form.cleaned_data
