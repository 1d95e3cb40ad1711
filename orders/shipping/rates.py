"""What it costs to get a purchase to its buyer: the shop's own rates by zone, weight and subtotal, and carriers'
prices.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid5

from django.conf import settings
from django.db.models import QuerySet

from catalog.models import Variant
from orders.models import CheckoutLine, CheckoutSession, ShippingMethod, ShippingQuote, ShippingRate
from orders.shipping import quoting
from orders.shipping.carriers.base import Place
from orders.shipping.parcels import Goods, weight_of
from orders.shipping.quoting import Answer, Question
from shop.core.database.kept_queries import Asked, KeptQuery
from shop.core.money import ZERO, quantize


@dataclass(frozen=True, slots=True)
class Quote:
    """A way on offer: a rate of the shop's own, or a carrier's price (`carried`).

    `price` with taxes, in the shop's currency; `list_price`: below the free sum. `is_estimated`: its carrier gave no
    answer, and the method's own rate or an older price stands in.
    """

    rate: ShippingRate | None
    price: Decimal
    list_price: Decimal
    carried: ShippingQuote | None = None
    is_estimated: bool = False
    # The method's own rate for this place, which says the days where the carrier does not.
    own: ShippingRate | None = None

    @property
    def method(self) -> ShippingMethod:
        if self.carried is not None:
            return self.carried.method
        assert self.rate is not None  # noqa: S101  (it is one of both)
        return self.rate.method

    @property
    def key(self) -> UUID:
        """Return what names it in forms and the API: the rate's, or one that stays the same when it is quoted again."""
        return self.rate.pk if self.rate is not None else carried_key(self.method.pk, self.service)

    @property
    def service(self) -> str:
        return self.carried.service if self.carried is not None else ""

    @property
    def name(self) -> str:
        """Return the name which the order keeps: `Correo a domicilio · Interior`."""
        part = self.carried.name if self.carried is not None else self.rate.name if self.rate else ""
        is_said = part.casefold() in self.method.name.casefold()
        return self.method.name if is_said else f"{self.method.name} · {part}"

    @property
    def days_min(self) -> int | None:
        return self._days[0]

    @property
    def days_max(self) -> int | None:
        return self._days[1]

    @property
    def _days(self) -> tuple[int | None, int | None]:
        """Return the business days that it takes: the carrier's word, else the own rate's; None: nobody says."""
        if self.carried is not None and self.carried.days_max is not None:
            return self.carried.days_min, self.carried.days_max
        rate = self.rate or self.own
        return (rate.days_min, rate.days_max) if rate is not None else (None, None)

    @property
    def is_free(self) -> bool:
        return self.price == ZERO

    @property
    def is_pickup(self) -> bool:
        return self.method.kind == ShippingMethod.Kind.PICKUP

    @property
    def has_branches(self) -> bool:
        """Say whether a branch of a connected carrier is to be chosen with it."""
        return self.method.kind == ShippingMethod.Kind.BRANCH and bool(self.method.module)


def carried_key(method_id: UUID, service: str) -> UUID:
    """Return the name of a carrier's service within a method."""
    return uuid5(method_id, service)


def _rates(country: str) -> QuerySet[ShippingRate]:
    rates = ShippingRate.objects.filter(is_active=True, method__is_active=True, country=country)
    return rates.select_related("method", "zone").order_by(
        "method__sort_order", "method__name", "price", "id"
    )


def _pickup_rates(country: str) -> QuerySet[ShippingRate]:
    return _rates(country).filter(method__kind=ShippingMethod.Kind.PICKUP)


_RATES: Final = KeptQuery(_rates, str)
_PICKUP_RATES: Final = KeptQuery(_pickup_rates, str)
_KNOWN: Final = "_percha_rates"


def asked(country: str) -> Asked[ShippingRate]:
    """Return what `quotes` asks of the rates of a country, to be asked `together` with more."""
    return _RATES.asked(country)


def remember(session: CheckoutSession, country: str, rates: Sequence[ShippingRate]) -> None:
    """Let a session in memory be quoted by these rates of a country (`asked`), without another query."""
    setattr(session, _KNOWN, (country, rates))


def forget(session: CheckoutSession) -> None:
    """Let a session in memory be quoted by the rates as they are then."""
    session.__dict__.pop(_KNOWN, None)


def remembered(session: CheckoutSession, country: str) -> Sequence[ShippingRate] | None:
    """Return the rates of a country that a session in memory remembers; None: they are to be asked for."""
    kept: tuple[str, Sequence[ShippingRate]] | None = getattr(session, _KNOWN, None)
    return kept[1] if kept is not None and kept[0] == country else None


def has_pickup(session: CheckoutSession) -> bool:
    """Say whether a session's purchase may be fetched at a store."""
    country = settings.SHOP_COUNTRY
    known = remembered(session, country)
    return any(
        rate.method.kind == ShippingMethod.Kind.PICKUP
        and _fits(rate, state=None, postal_code="", weight_grams=0)
        for rate in (_PICKUP_RATES(country) if known is None else known)
    )


def quotes(
    *,
    country: str,
    state: str | None,
    weight_grams: int,
    subtotal: Decimal,
    postal_code: str = "",
    answers: Sequence[Answer] = (),
    kept_rate: object = None,
    kept_quote: ShippingQuote | None = None,
    rates: Sequence[ShippingRate] | None = None,
) -> list[Quote]:
    """Return the ways on offer, in the merchant's order; one query, none with the `rates` of the country.

    `state` None: only what is fetched at a store. Of each method with several rates that fit, the cheapest one.
    `answers`: what is known of the methods whose carrier is asked; without an answer their own rates stand in,
    marked as estimated. `kept_rate` is one that was chosen when it was such, and stays on offer.
    A way costs nothing from its method's own `free_from`. The shop's general promise (`FREE_SHIPPING_FROM`) is
    kept by the cheapest home delivery when no home delivery keeps it by itself.
    """
    if rates is None:
        rates = _PICKUP_RATES(country) if state is None else _RATES(country)
    elif state is None:
        rates = [rate for rate in rates if rate.method.kind == ShippingMethod.Kind.PICKUP]
    known = {answer.method.pk: answer for answer in answers}
    by_method: dict[UUID, Quote] = {}
    kept = None
    for rate in rates:
        if not _fits(rate, state=state, postal_code=postal_code, weight_grams=weight_grams):
            continue
        offer = _quote(rate, subtotal, is_estimated=rate.method_id in known)
        best = by_method.get(rate.method_id)
        if best is None or offer.price < best.price:
            by_method[rate.method_id] = offer
        if str(rate.pk) == str(kept_rate):
            kept = offer
    if kept_quote is not None and kept_quote.method_id in known and not known[kept_quote.method_id].is_known:
        method = known[kept_quote.method_id].method
        known[method.pk] = Answer(method, (kept_quote,), is_estimated=True)
    offers = _with_answers(by_method, list(known.values()), kept)
    return _keep_promise(offers, subtotal)


def _with_answers(by_method: dict[UUID, Quote], answers: list[Answer], kept: Quote | None) -> list[Quote]:
    """Put the carriers' prices in the place of their methods' own rates, wherever there is an answer."""
    found: list[Quote] = []
    known = {answer.method.pk for answer in answers if answer.is_known}
    found += [offer for key, offer in by_method.items() if key not in known]
    for answer in answers:
        own = by_method.get(answer.method.pk)
        offers = [
            Quote(
                rate=None,
                price=quantize(row.price or ZERO),
                list_price=quantize(row.price or ZERO),
                carried=row,
                is_estimated=answer.is_estimated,
                own=own.rate if own is not None else None,
            )
            for row in answer.quotes
        ]
        if offers and own is not None and own.is_free:
            offers[0] = replace(offers[0], price=ZERO)
        found += offers
    if kept is not None and kept.is_estimated and kept not in found:
        found.append(kept)
    order = {offer.key: place for place, offer in enumerate(found)}
    return sorted(found, key=lambda one: (one.method.sort_order, one.method.name, order[one.key]))


def _fits(rate: ShippingRate, *, state: str | None, postal_code: str, weight_grams: int) -> bool:
    if rate.max_weight_grams is not None and weight_grams > rate.max_weight_grams:
        return False
    if rate.states and state is not None and state not in rate.states:
        return False
    return rate.zone is None or rate.zone.covers(state=state, postal_code=postal_code)


def quotes_for(session: CheckoutSession, lines: Iterable[CheckoutLine] | None = None) -> list[Quote]:
    """Return the ways on offer for a session as it stands (its address, the weight and sum of its lines). No
    call is made.

    `lines`: the session's own, where they are known already.
    """
    found = list(session.lines.all() if lines is None else lines)
    address = session.shipping_address
    methods = quoting.connected_methods() if address else []
    goods = goods_of(found, with_sizes=bool(methods))
    questions = _questions(session, methods, goods)
    answers = {answer.method.pk: answer for answer in quoting.kept(questions)}
    country = address.country if address else settings.SHOP_COUNTRY
    return quotes(
        country=country,
        rates=remembered(session, country),
        state=address.state if address else None,
        postal_code=address.postal_code if address else "",
        weight_grams=weight_of(goods)
        if methods
        else sum(line.weight_grams * line.quantity for line in found),
        subtotal=session.subtotal,
        # Of what could not even be asked nothing is known either.
        answers=[answers.get(method.pk, Answer(method)) for method in methods],
        kept_rate=session.shipping_rate_id,
        kept_quote=session.shipping_quote,
    )


def refresh_for(session: CheckoutSession) -> bool:
    """Ask the carriers for the prices of a session that are not known or have expired; return whether any was asked.

    Not in a transaction: there it does nothing.
    """
    if not settings.SHIPPING_CARRIERS or session.shipping_address is None or not session.is_live:
        return False
    methods = quoting.connected_methods()
    if not methods:
        return False
    goods = goods_of(list(session.lines.all()), with_sizes=True)
    return quoting.refresh(_questions(session, methods, goods))


def _questions(
    session: CheckoutSession, methods: Sequence[ShippingMethod], goods: Sequence[Goods]
) -> list[Question]:
    address = session.shipping_address
    if address is None or not methods:
        return []
    return quoting.questions(methods, place_of(address), goods)


def place_of(address: object) -> Place:
    """Return a stored address as carriers are asked about it."""
    return Place(
        country=getattr(address, "country", ""),
        postal_code=getattr(address, "postal_code", ""),
        state=getattr(address, "state", ""),
        city=getattr(address, "city", ""),
        street=getattr(address, "street", ""),
        apartment=getattr(address, "apartment", ""),
    )


def goods_of(lines: Sequence[CheckoutLine], *, with_sizes: bool) -> list[Goods]:
    """Return what is sent; with sizes one query more, since lines keep weights only."""
    sizes: dict[UUID | None, tuple[int, int, int]] = {}
    if with_sizes:
        rows = Variant.objects.filter(pk__in=[line.variant_id for line in lines if line.variant_id])
        known = rows.values_list("pk", "length_mm", "width_mm", "height_mm")
        sizes = {row[0]: (row[1], row[2], row[3]) for row in known}
    return [
        Goods(line.quantity, line.weight_grams, line.unit_price, *sizes.get(line.variant_id, (0, 0, 0)))
        for line in lines
    ]


def missing_for_free(subtotal: Decimal) -> Decimal:
    """Return how much more makes shipping free by FREE_SHIPPING_FROM; 0 when it is reached or there is none."""
    return max(ZERO, settings.FREE_SHIPPING_FROM - subtotal) if settings.FREE_SHIPPING_FROM else ZERO


def _quote(rate: ShippingRate, subtotal: Decimal, *, is_estimated: bool = False) -> Quote:
    is_free = rate.free_from is not None and subtotal >= rate.free_from
    price = quantize(rate.price)
    return Quote(rate, ZERO if is_free else price, price, is_estimated=is_estimated)


def _keep_promise(offers: list[Quote], subtotal: Decimal) -> list[Quote]:
    if not settings.FREE_SHIPPING_FROM or subtotal < settings.FREE_SHIPPING_FROM:
        return offers
    home = [offer for offer in offers if offer.method.kind == ShippingMethod.Kind.DELIVERY]
    if not home or any(offer.is_free for offer in home):
        return offers
    cheapest = min(home, key=lambda offer: offer.price)
    return [replace(offer, price=ZERO) if offer is cheapest else offer for offer in offers]


def find(offers: Iterable[Quote], key: object) -> Quote | None:
    """Return the offer of a key, in whatever form, or None when it is not on offer."""
    return next((offer for offer in offers if str(offer.key) == str(key)), None)


def chosen_key(session: CheckoutSession) -> UUID | None:
    """Return the key of what a session has chosen, or None."""
    if session.shipping_quote is not None:
        return carried_key(session.shipping_quote.method_id, session.shipping_quote.service)
    return session.shipping_rate_id
