"""Branches of carriers where parcels are fetched: kept as rows by postal code, asked outside of every transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from orders.models import AddressSnapshot, CarrierBranch
from orders.shipping import carriers
from orders.shipping.carriers.base import Branch, Branches, Place
from orders.shipping.quoting import in_transaction, note_problem
from orders.shipping.rates import Quote, place_of
from shop.core.protection.deadline import Patience, sharing
from shop.core.user_input.postal_ranges import plain_code

# Branches open and close seldom; a list older than this is asked again, and holds meanwhile.
FRESH_FOR: Final = timedelta(days=7)
_SILENT_SECONDS: Final = 60
_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """A branch as the shopper chooses it."""

    code: str
    name: str
    address: str
    city: str
    hours: str

    @property
    def label(self) -> str:
        """Return name and address in one line, as the order keeps them."""
        where = ", ".join(filter(None, (self.address, self.city)))
        return f"{self.name} ({where})" if where else self.name


def known(quote: Quote, address: AddressSnapshot | None) -> list[Choice]:
    """Return the branches near an address where a way ends, nearest first; one query, no call."""
    if address is None or not quote.has_branches:
        return []
    return near(quote.method.module, address.country, address.postal_code)


def near(carrier: str, country: str, postal_code: str) -> list[Choice]:
    """Return a carrier's branches near a postal code, as they were answered last; one query, no call."""
    rows = CarrierBranch.objects.filter(
        carrier=carrier, country=country, asked_code=plain_code(postal_code)[:12]
    )
    return [
        Choice(row.code, row.name, row.address, row.city, row.hours) for row in rows.order_by("rank")[:_MOST]
    ]


def find(choices: Iterable[Choice], code: str) -> Choice | None:
    """Return the branch of a code, or None."""
    return next((one for one in choices if one.code == code), None)


def refresh_for(offers: Sequence[Quote], address: AddressSnapshot | None) -> None:
    """Ask the carriers of these ways for their branches near an address, where none are known. Not in a transaction."""
    if address is None or in_transaction():
        return
    wanted = dict.fromkeys(offer.method.module for offer in offers if offer.has_branches)
    with sharing(carriers.for_pages().total):
        for carrier in wanted:
            if carriers.is_asked(carrier) and not near(carrier, address.country, address.postal_code):
                refresh(carrier, place_of(address), carriers.for_pages())


def refresh(carrier: str, place: Place, patience: Patience) -> bool:
    """Ask a carrier for the branches near a place and write them in the place of the old ones; False: no answer.

    An empty answer empties the list.
    """
    code = plain_code(place.postal_code)[:12]
    silent = f"branches-silent:{carrier}:{place.country}:{code}"
    if cache.get(silent):
        return False
    outcome = carriers.get(carrier, patience).branches(place)
    if not isinstance(outcome, Branches):
        cache.set(silent, True, _SILENT_SECONDS)
        note_problem(carrier, outcome)
        return False
    if not outcome.branches:
        cache.set(silent, True, _SILENT_SECONDS)
    _write(carrier, place.country, code, outcome.branches[:_MOST])
    return True


def _write(carrier: str, country: str, code: str, found: Sequence[Branch]) -> None:
    """Put a list of branches in the place of what was known for a postal code."""
    now = timezone.now()
    rows = {
        branch.code[:60]: CarrierBranch(
            carrier=carrier,
            country=country,
            asked_code=code,
            code=branch.code[:60],
            name=branch.name[:200],
            address=branch.address[:200],
            city=branch.city[:100],
            postal_code=branch.postal_code[:12],
            hours=branch.hours[:200],
            rank=rank,
            refreshed_at=now,
        )
        for rank, branch in enumerate(found)
    }
    with transaction.atomic():
        old = CarrierBranch.objects.filter(carrier=carrier, country=country, asked_code=code)
        old.exclude(code__in=rows).delete()
        CarrierBranch.objects.bulk_create(
            rows.values(),
            update_conflicts=True,
            unique_fields=["carrier", "country", "asked_code", "code"],
            update_fields=["name", "address", "city", "postal_code", "hours", "rank", "refreshed_at"],
        )


def refresh_old(*, limit: int = 50) -> int:
    """Ask again for lists that are older than a week; return how many were answered. The job's function."""
    due = CarrierBranch.objects.filter(refreshed_at__lt=timezone.now() - FRESH_FOR)
    places = list(due.order_by().values_list("carrier", "country", "asked_code").distinct()[:limit])
    answered = 0
    for carrier, country, code in places:
        if not carriers.is_asked(carrier):
            CarrierBranch.objects.filter(carrier=carrier).delete()
            continue
        answered += refresh(carrier, Place(country, code), carriers.for_jobs())
    return answered
