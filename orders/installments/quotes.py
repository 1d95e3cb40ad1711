"""Quotes: what a shopper was shown for a checkout, frozen, and honoured though the offer changes.

A quote binds the number of instalments, the factor, the due days and the terms of lateness, not the goods or their
price: when the base or the day changes, a new quote is made by the same version of the offer.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalog.models import Variant
from orders.checkout import adjustments
from orders.installments import offers
from orders.models import CheckoutLine, CheckoutSession, InstallmentOffer, InstallmentQuote
from orders.shipping import rates
from shop.core import countries
from shop.core.countries import Country
from shop.core.database.kept_queries import Asked, KeptQuery, together
from shop.core.installments.quotation import Installments


class QuoteOutdated(Exception):
    """The purchase, or the day, is not what was quoted: `quote` is what it costs now. The shopper looks again."""

    def __init__(self, quote: InstallmentQuote | None) -> None:
        super().__init__(str(quote))
        self.quote = quote


def base_of(session: CheckoutSession, lines: Sequence[CheckoutLine]) -> Decimal:
    """Return what a checkout costs without interest and without the discount of any way to pay; writes nothing."""
    chosen = rates.find(rates.quotes_for(session, lines), rates.chosen_key(session))
    return adjustments.reckon(session, lines, chosen, way="").total


def _shown(**checkout: object) -> QuerySet[InstallmentQuote]:
    return InstallmentQuote.objects.filter(**checkout).select_related("offer").order_by("shown_at")


_SHOWN: Final = KeptQuery(lambda key: _shown(checkout_id=key), UUID)
_SHOWN_BY_TOKEN: Final = KeptQuery(lambda token: _shown(checkout__token=token), str)


def asked(token: str) -> tuple[Asked[InstallmentOffer], Asked[InstallmentQuote]]:
    """Return what `for_checkout` asks first of the checkout of a token, to be asked `together` with more."""
    return offers.asked(), _SHOWN_BY_TOKEN.asked(token)


def for_checkout(
    session: CheckoutSession, known: Sequence[list[Any]] | None = None
) -> list[InstallmentQuote]:
    """Return the quotes of an open checkout at this moment, the fewest instalments first; written when they are new.

    Offers that were shown to this checkout stay open to it for as long as their quotes are valid, whatever the staff
    has done to them; a version that is better for the buyer takes their place. Guests see what is offered to all.
    `known`: the answers to `asked`, where that was asked already.
    """
    country = countries.current()
    rows, shown = known or together(offers.asked(), _SHOWN.asked(session.pk))
    current = offers.offered_to(session.user, country=country, rows=rows)
    lines = list(session.lines.all()) if current.offered or shown else []
    if not lines or not (base := base_of(session, lines)):
        return []
    products = set(
        Variant.objects.filter(checkoutlines__checkout=session).values_list("product_id", flat=True)
    )
    goods = offers.goods_of(products) if current.needs_goods else []
    fitting = {one.offer.pk: one.offer for one in current.offered if one.fits(base) and one.covers(goods)}
    promised = _promised(shown, base, products, besides=fitting)
    best = _best_versions([*promised, *fitting.values()])
    made = [_quote(session, offer, base, shown, country) for offer in best]
    return sorted(
        (quote for quote in made if quote is not None), key=lambda quote: (quote.count, quote.total)
    )


def _promised(
    shown: Sequence[InstallmentQuote], base: Decimal, products: Collection[UUID], *, besides: Collection[UUID]
) -> list[InstallmentOffer]:
    """Return the offers, `besides` those that are offered anyway, by which valid quotes were shown.

    For the same price whatever became of the offer. For another one only where the offer that was shown is for such an
    amount and for these goods: nobody was promised more than that.
    """
    valid = [quote for quote in shown if quote.is_valid and quote.offer_id not in besides]
    same = {quote.offer_id: quote.offer for quote in valid if quote.base == base}
    others = {quote.offer_id for quote in valid} - same.keys()
    if others:
        goods = offers.goods_of(products)
        for one in offers.read(InstallmentOffer.objects.filter(pk__in=others)):
            if one.fits(base) and one.covers(goods):
                same[one.offer.pk] = one.offer
    return list(same.values())


def _best_versions(found: Sequence[InstallmentOffer]) -> list[InstallmentOffer]:
    """Return the offers without those of which another version is there that is in nothing worse for its buyer.

    Of versions that are equally good the first stays.
    """
    return [
        one
        for place, one in enumerate(found)
        if not any(
            _is_no_worse(other, one) and (at < place or not _is_no_worse(one, other))
            for at, other in enumerate(found)
            if at != place
        )
    ]


def _is_no_worse(version: InstallmentOffer, than: InstallmentOffer) -> bool:
    """Say whether a version of an offer is like another one, and in nothing worse for its buyer."""
    return (
        (version.code, version.count, version.due_policy, version.due_day)
        == (than.code, than.count, than.due_policy, than.due_day)
        and version.factor <= than.factor
        and version.late_monthly_rate <= than.late_monthly_rate
        and version.grace_days >= than.grace_days
    )


def _quote(
    session: CheckoutSession,
    offer: InstallmentOffer,
    base: Decimal,
    shown: Sequence[InstallmentQuote],
    country: Country,
) -> InstallmentQuote | None:
    """Return the quote of this offer that says what it costs now; a new one where none does."""
    terms = offers.priced(offer, base, session.currency, timezone.localdate(), country)
    if terms is None:
        return None
    mine = [quote for quote in shown if quote.offer_id == offer.pk and quote.is_valid]
    for quote in mine:
        if says(quote, terms):
            return quote
    # A promise is not renewed by looking at it: once the offer has changed, the first quote's end stays.
    is_offered = offer.is_current and offer.is_active
    until = timezone.now() + timedelta(hours=country.credit.offer_valid_hours)
    if mine and not is_offered:
        until = max(quote.valid_until for quote in mine)
    return InstallmentQuote.objects.create(
        checkout=session,
        offer=offer,
        currency=session.currency,
        amounts=list(terms.amounts),
        due_dates=list(terms.due_dates),
        shown_at=timezone.now(),
        valid_until=until,
        **values_of(terms, offer),
    )


def values_of(terms: Installments, offer: InstallmentOffer) -> dict[str, object]:
    """Return the columns of `TermFields` besides the currency."""
    rate = terms.rate
    return {
        "base": terms.cash_price,
        "total": terms.total,
        "count": terms.count,
        "factor": offer.factor,
        "monthly_rate": rate.monthly,
        "tna": rate.tna,
        "tea": rate.tea,
        "rate": rate.annual,
        "rate_name": rate.name,
        "rate_method": rate.method,
        "rate_text": rate_text(terms),
        "due_policy": offer.due_policy,
        "late_monthly_rate": offer.late_monthly_rate,
        "grace_days": offer.grace_days,
    }


def rate_text(terms: Installments) -> str:
    """Return the rate as it is printed: "CFTEA 32.25 %", without the decimals' sign of a language."""
    return f"{terms.rate.name} {terms.rate.percent} %"


def says(quote: InstallmentQuote, terms: Installments) -> bool:
    """Say whether a quote promises exactly these amounts at these days, from the same day of the sale.

    Where the due days are a fixed day of the month, those of two sale days are the same, but not what they cost a year.
    """
    return (
        quote.base == terms.cash_price
        and timezone.localdate(quote.shown_at) == terms.sale_date
        and list(quote.amounts) == list(terms.amounts)
        and list(quote.due_dates) == list(terms.due_dates)
    )


def shown_terms(quote: InstallmentQuote) -> Installments:
    """Return a quote as the value that every screen shows.

    Raises:
        QuoteOutdated: its rate cannot be computed any more as it was (the country's method was changed).
    """
    country = countries.current()
    sale_date = timezone.localdate(quote.shown_at)
    terms = offers.priced(quote.offer, quote.base, quote.currency, sale_date, country)
    if terms is None or not says(quote, terms):
        raise QuoteOutdated(quote)
    return terms


def find(session: CheckoutSession, quote_id: object) -> InstallmentQuote:
    """Return the quote of this checkout with this key, if it says what the purchase costs now.

    Raises:
        QuoteOutdated: it does not, is not valid any more, or is none of this checkout.
    """
    with transaction.atomic():
        found = {str(quote.pk): quote for quote in for_checkout(session)}
    if (quote := found.get(str(quote_id))) is not None:
        return quote
    asked = session.quotes.filter(pk=str(quote_id)).first() if _is_key(quote_id) else None
    same = [quote for quote in found.values() if asked and quote.count == asked.count]
    raise QuoteOutdated(same[0] if same else None)


def _is_key(value: object) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
