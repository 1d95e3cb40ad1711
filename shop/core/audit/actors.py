"""Who acted, as events and reservations store it: a text that refers to an account while there is one, without a name.

`customer:<key>` is a shopper with an account, `shopper` one without, `staff:<e-mail>` a colleague, `job:<name>` the
shop itself. When an account is erased, its key remains but refers to nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar, cast
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Case, Model, OuterRef, Q, QuerySet, Subquery, UUIDField, When
from django.db.models.functions import Cast, Substr
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from shop.core.audit import job_labels
from shop.core.user_input.emails import is_address

M = TypeVar("M", bound=Model)
SHOPPER: Final = "shopper"
_CUSTOMER: Final = "customer:"
_WITH_KEY: Final = rf"^{_CUSTOMER}[0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}$"


def of_account(key: UUID | None) -> str:
    """Return the actor text of an account; without one, a shopper."""
    return f"{_CUSTOMER}{key}" if key else SHOPPER


def of_visitor(request: HttpRequest) -> str:
    """Return the actor text of the visitor of a page."""
    return of_account(request.user.pk if request.user.is_authenticated else None)


def of_staff(request: HttpRequest) -> str:
    """Return the actor text of the signed-in member of the staff: `staff:<e-mail>`."""
    return f"staff:{request.user.get_username()}"  # Accounts are shown by their address.


def legible(actors: Iterable[str]) -> dict[str, str]:
    """Return each actor as people read it: customers by their address as it is now. One query, or none."""
    wanted = set(actors)
    keys = {actor: key for actor in wanted if (key := _key(actor))}
    users = get_user_model()._default_manager.in_bulk(set(keys.values())) if keys else {}
    return {
        actor: _label_of(
            str(users[keys[actor]].email) if actor in keys and keys[actor] in users else "", actor
        )
        for actor in wanted
    }


def shown(actor: str) -> str:
    """Return one actor as people read it."""
    return legible([actor])[actor]


def with_addresses(rows: QuerySet[M], field: str = "actor") -> QuerySet[M]:
    """Add `<field>_address` to rows, for lists: the address of the customer who acted, or nothing."""
    users = get_user_model()._default_manager.filter(pk=OuterRef(f"{field}_key"))
    key = Cast(Substr(field, len(_CUSTOMER) + 1), UUIDField())
    found = rows.annotate(**{f"{field}_key": Case(When(Q(**{f"{field}__regex": _WITH_KEY}), then=key))})
    return cast("QuerySet[M]", found.annotate(**{f"{field}_address": Subquery(users.values("email")[:1])}))


def of_row(row: object, field: str = "actor") -> str:
    """Return who acted on a row that `with_addresses` has read."""
    return _label_of(getattr(row, f"{field}_address", None) or "", getattr(row, field))


def by_address(address: str) -> str:
    """Return the actor text of the account with an address; "" when there is none."""
    user = get_user_model()._default_manager.filter(is_address("email", address)).only("pk").first()
    return of_account(user.pk) if user else ""


_PROVIDERS: dict[str, StrOrPromise] = {}


def name_providers(names: Mapping[str, StrOrPromise]) -> None:
    """Register the names of payment providers by code; they come from the apps above this module."""
    _PROVIDERS.update(names)


def provider_named(code: str) -> str:
    """Return the name of a registered payment provider; "" of any other code."""
    return str(_PROVIDERS.get(code, ""))


def label(actor: str) -> str:
    """Return who acted in words, without looking up customers: for rows of staff, jobs and providers."""
    code, _colon, of = actor.partition(":")
    match code:
        case "staff" if of:
            return of
        case "provider" if of:
            return str(_PROVIDERS.get(of, of.capitalize()))
        case "job" if of:
            return job_labels.words(of)
        case "carrier" if of:
            return of.capitalize()
        case "shopper":
            return _("a shopper")
        case "shop":
            return _("the shop")
        case "gift":
            return _("whoever got the gift")
        case "policy":
            return _("the terms of returns")
        case "customer":
            return _("a customer")
        case "command":
            return _("a command on the server")
        case "privacy":
            return _("the rules of privacy")
        case "demo":
            return _("the demo's data")
    return actor


def _label_of(address: str, actor: str) -> str:
    if address:
        return address
    return _("a customer whose account is gone") if actor.startswith(_CUSTOMER) else label(actor)


def _key(actor: str) -> UUID | None:
    try:
        return UUID(actor.removeprefix(_CUSTOMER)) if actor.startswith(_CUSTOMER) else None
    except ValueError:
        return None
