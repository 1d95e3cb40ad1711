"""Terms of instalments as the API shows them, and `/api/v1/installment-offers`: what a price costs in instalments."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router

from catalog.models import Variant
from orders.api.schemas.installments import QuoteBody, TermsBody
from orders.installments import shown
from orders.models import InstallmentQuote
from shop.accounts.api.auth import visitor
from shop.core.api.document import refusals
from shop.core.api.problems import NOT_FOUND
from shop.core.installments.quotation import Installments
from shop.core.money import shop_currency
from shop.core.templatetags.rates import percent

router = Router(tags=["instalments"], auth=visitor)
__all__ = ["QuoteBody"]


@router.get("", response={200: list[TermsBody], **refusals(404)})
def list_offers(request: HttpRequest, variant: UUID) -> object:
    """List what one unit of a variant costs in the shop's own instalments, for this visitor; a purchase has quotes."""
    found = Variant.objects.filter(pk=variant, is_active=True, product__is_active=True).first()
    if found is None:
        raise NOT_FOUND(_("That product is not in the shop any more."))
    user = request.user if request.user.is_authenticated else None
    offers = shown.of_visitor(user).for_price(found.price, shop_currency(), [found.product_id])
    return [terms_body(terms, found.price) for terms in offers]


def terms_body(terms: Installments, cheapest: Decimal | None) -> dict[str, Any]:
    """Return terms as the API shows them. `cheapest`: the price by the cheapest way to pay at once."""
    rate = terms.rate
    return {
        "count": terms.count,
        "amounts": terms.amounts,
        "due_dates": terms.due_dates,
        "cash_price": terms.cash_price,
        "total": terms.total,
        "interest": terms.interest,
        "currency": terms.currency,
        "rate_name": rate.name,
        "rate_text": f"{rate.name} {percent(rate.percent)}",
        "rate": _fraction(rate.annual),
        "tna": _fraction(rate.tna),
        "tea": _fraction(rate.tea),
        "is_interest_free": terms.is_interest_free(terms.cash_price if cheapest is None else cheapest),
    }


def quote_body(
    quote: InstallmentQuote, terms: Installments, cheapest: Decimal | None, refusal: str
) -> dict[str, Any]:
    """Return a quote as the API shows it; `refusal` as in `QuoteBody`."""
    return {
        "id": quote.pk,
        "terms": terms_body(terms, cheapest),
        "valid_until": quote.valid_until,
        "refusal": refusal,
    }


def _fraction(rate: Decimal) -> str:
    return f"{rate.quantize(Decimal('0.0001')):f}"
