"""Staff are warned of texts that promise instalments without interest where that is not true now."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from orders.installments import claims, offers
from orders.installments.claims import Offered
from orders.pricing import ways
from shop.core.backoffice import public_texts


def offered() -> Offered:
    """Return what decides about promises: offers to everybody and for all goods without interest, and cheaper ways."""
    free = {
        one.offer.count
        for one in offers.offered_to(None).offered
        if not one.offer.factor and not one.is_for_some_goods
    }
    return Offered(free, [ways.name_of(way) for way in ways.offered()])


def warnings(texts: Mapping[str, str]) -> list[str]:
    """Return a sentence for each text (by its label) that promises what is not true; no query where none promises."""
    found = [(label, claim) for label, text in texts.items() for claim in claims.find(text)]
    if not found:
        return []
    now = offered()
    return [_words(label, claim.words, now) for label, claim in found if not now.is_true(claim)]


def _words(label: str, promise: str, now: Offered) -> str:
    data = {"field": label, "words": promise}
    if now.cheaper_ways:
        data["way"] = next(iter(now.cheaper_ways))
        return (
            _(
                "“%(field)s” says “%(words)s”, which is not true: by %(way)s it costs less than in instalments."
            )
            % data
        )
    words = _(
        "“%(field)s” says “%(words)s”, and the shop offers no such instalments to everybody now. Where your "
        "provider offers them, make sure that they cost no more than any other way to pay; the law forbids the "
        "words otherwise."
    )
    return words % data


public_texts.contribute(warnings)
