"""Prices of carriers: asked outside of every transaction, kept as rows, read from there by whoever reckons a purchase.

`refresh` asks what is not known or no longer holds, within the seconds of a page; `kept` only reads. A carrier
that gives no answer leaves what there is: a price that expired a while ago stands in for it, else the method's
own rates, both marked as estimated. "Does not go there" is an answer and is kept as one.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from orders.models import ShippingMethod, ShippingQuote
from orders.shipping import carriers
from orders.shipping.carriers.base import (
    Misconfigured,
    Mode,
    NoCoverage,
    Outage,
    Place,
    Quote,
    QuoteRequest,
    Quotes,
)
from orders.shipping.parcels import Goods, pack
from shop.core.ids import uuid7
from shop.core.protection.deadline import sharing
from shop.core.user_input.postal_ranges import plain_code

log = logging.getLogger(__name__)

# After a call without an answer, nobody waits for the same question again at once.
_SILENT_SECONDS: Final = 30
_MODES: Final = (ShippingMethod.Kind.DELIVERY, ShippingMethod.Kind.BRANCH)


@dataclass(frozen=True, slots=True)
class Question:
    """A price that is wanted of a method's carrier; `key` is the digest of all that it depends on."""

    method: ShippingMethod
    request: QuoteRequest
    key: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a method: its prices, or that its carrier does not go there.

    `is_estimated`: the prices have expired, and the carrier gave no answer since. Neither prices nor `goes_not`:
    nothing is known.
    """

    method: ShippingMethod
    quotes: tuple[ShippingQuote, ...] = ()
    goes_not: bool = False
    is_estimated: bool = False

    @property
    def is_known(self) -> bool:
        return bool(self.quotes) or self.goes_not


def connected_methods() -> list[ShippingMethod]:
    """Return the methods on offer whose carrier is asked; one query, none where the shop asks no carrier."""
    if not settings.SHIPPING_CARRIERS:
        return []
    rows = ShippingMethod.objects.filter(
        is_active=True, module__in=settings.SHIPPING_CARRIERS, kind__in=_MODES
    )
    return list(rows)


def origin() -> Place:
    """Return from where parcels are sent."""
    return Place(
        country=settings.SHOP_COUNTRY,
        postal_code=settings.SHIPPING_ORIGIN_POSTAL_CODE,
        state=settings.SHIPPING_ORIGIN_STATE,
        city=settings.SHIPPING_ORIGIN_CITY,
        street=settings.SHIPPING_ORIGIN_STREET,
    )


def questions(
    methods: Iterable[ShippingMethod], destination: Place, goods: Sequence[Goods]
) -> list[Question]:
    """Return what each method's carrier is to be asked; nothing where nothing is sent."""
    parcels = pack(goods)
    if not parcels or not destination.postal_code:
        return []
    found = []
    for method in methods:
        request = QuoteRequest(origin(), destination, parcels, settings.SHOP_CURRENCY, Mode(method.kind))
        found.append(Question(method, request, _key(method, request)))
    return found


def kept(asked: Sequence[Question], *, now: datetime | None = None) -> list[Answer]:
    """Return what is known of each question, by the rows alone: one query."""
    if not asked:
        return []
    now = now or timezone.now()
    oldest = now - timedelta(seconds=settings.SHIPPING_QUOTE_GRACE)
    rows = ShippingQuote.objects.filter(key__in={one.key for one in asked}, expires_at__gte=oldest)
    by_key: dict[str, list[ShippingQuote]] = {}
    for row in rows.order_by("-answered_at", "price", "pk"):
        batch = by_key.setdefault(row.key, [])
        if not batch or batch[0].answered_at == row.answered_at:
            batch.append(row)
    return [_answer(one.method, by_key.get(one.key, []), now) for one in asked]


def _answer(method: ShippingMethod, rows: list[ShippingQuote], now: datetime) -> Answer:
    is_over = bool(rows) and rows[0].expires_at <= now
    priced = tuple(row for row in rows if row.is_available)
    for row in priced:
        row.method = method
    if rows and not priced:
        # An old "does not go there" is asked again, and holds meanwhile.
        return Answer(method, goes_not=True)
    wanted = [row for row in priced if not method.services or row.service in method.services]
    if priced and not wanted:
        return Answer(method, goes_not=True)
    return Answer(method, tuple(wanted), is_estimated=is_over)


def refresh(asked: Sequence[Question]) -> bool:
    """Ask the carriers what is not known or has expired, and keep their answers; return whether anybody was asked.

    Never in a transaction: there it does nothing, and what is known holds. All questions together share the
    seconds of a page; a carrier that is silent, or whose slots are taken, is skipped.
    """
    if not asked or in_transaction():
        return False
    now = timezone.now()
    fresh = set(
        ShippingQuote.objects.filter(key__in={one.key for one in asked}, expires_at__gt=now).values_list(
            "key", flat=True
        )
    )
    waiting = [one for one in asked if one.key not in fresh]
    silent = cache.get_many([_silent(one.key) for one in waiting]) or {} if waiting else {}
    waiting = [one for one in waiting if _silent(one.key) not in silent]
    with sharing(float(settings.CARRIER_PAGE_SECONDS)):
        for one in waiting:
            _ask(one)
    return bool(waiting)


def _ask(question: Question) -> None:
    method = question.method
    outcome = carriers.get(method.module, carriers.for_pages()).quote(question.request)
    match outcome:
        case Quotes():
            _keep(question, outcome.quotes)
        case NoCoverage():
            _keep(question, ())
        case Outage() | Misconfigured():
            log.warning("%s gave no price: %s", method.module, outcome.detail)
            pause = outcome.retry_after if isinstance(outcome, Outage) else 0.0
            cache.set(
                _silent(question.key), outcome.detail[:200], min(pause or _SILENT_SECONDS, _SILENT_SECONDS)
            )
            note_problem(method.module, outcome)


def _keep(question: Question, quotes: Sequence[Quote]) -> None:
    """Write an answer: a row for each price, or one that says it does not go there."""
    now = timezone.now()
    common = {
        "key": question.key,
        "method": question.method,
        "carrier": question.method.module,
        "currency": question.request.currency,
        "answered_at": now,
        "expires_at": now + timedelta(seconds=settings.SHIPPING_QUOTE_TTL),
    }
    rows = {
        quote.service: ShippingQuote(
            id=uuid7(),
            service=quote.service,
            name=quote.name[:100],
            price=quote.price,
            days_min=quote.days_min,
            days_max=quote.days_max,
            contract=quote.contract,
            raw=dict(quote.raw),
            **common,
        )
        for quote in quotes
    }
    none = [ShippingQuote(id=uuid7(), is_available=False, **common)] if not rows else []
    ShippingQuote.objects.bulk_create([*rows.values(), *none])


def note_problem(code: str, outcome: Outage | Misconfigured) -> None:
    """Keep for an hour what is wrong with a carrier, for the staff's page."""
    kind = "misconfigured" if isinstance(outcome, Misconfigured) else "silent"
    cache.set(f"carrier-problem:{code}", {"kind": kind, "detail": outcome.detail[:300]}, 3600)


def problems() -> Mapping[str, Mapping[str, str]]:
    """Return what was wrong with each carrier in the last hour, by its code."""
    names = {f"carrier-problem:{code}": code for code in settings.SHIPPING_CARRIERS}
    found = cache.get_many(list(names)) or {}
    return {names[name]: value for name, value in found.items()}


def _key(method: ShippingMethod, request: QuoteRequest) -> str:
    """Return the digest of all that a price depends on."""
    shield = carriers.get(method.module, carriers.for_pages())
    place = request.destination
    basis = {
        "method": str(method.pk),
        "account": shield.price_basis(request.mode),
        "origin": asdict(request.origin),
        "to": [place.country, plain_code(place.postal_code), place.state, place.city.casefold().strip()],
        "parcels": [[*map(str, asdict(parcel).values())] for parcel in request.parcels],
        "currency": request.currency,
        "mode": request.mode,
    }
    return hashlib.sha256(json.dumps(basis, sort_keys=True).encode()).hexdigest()


def _silent(key: str) -> str:
    return f"carrier-silent:{key}"


def in_transaction() -> bool:
    """Say whether a transaction is open; the one around a test does not count (as for Django's `durable`)."""
    return any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)
