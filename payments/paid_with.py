"""How an order was paid, in a buyer's words: the provider, the card's brand and last digits, or the method.

Or, of one that is paid in the shop's own instalments: how many there are, and how many are paid.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db.models import Count, Q
from django.utils.translation import gettext, gettext_lazy, ngettext

from orders.models import Installment, InstallmentBill, Order
from payments import gateways
from payments.models import Payment
from shop.core.database.kept_queries import KeptQuery

# How the `transaction_id` of an order begins that was sold in the shop's own instalments, before any payment.
PLAN: Final = "plan"
_PAYMENT: Final = KeptQuery(
    lambda gateway, number: Payment.objects.filter(gateway=gateway, external_id=number).order_by(), str, str
)
_KNOWN: Final = "_paid_by"
# The names of the providers' methods, as people use them; one that is not here is written as the provider does.
_NAMES: Final = {
    "visa": "Visa",
    "debvisa": "Visa",
    "master": "Mastercard",
    "mastercard": "Mastercard",
    "debmaster": "Mastercard",
    "amex": "American Express",
    "american_express": "American Express",
    "elo": "Elo",
    "hipercard": "Hipercard",
    "cabal": "Cabal",
    "debcabal": "Cabal",
    "naranja": "Naranja",
    "maestro": "Maestro",
    "carnet": "Carnet",
    "oxxo": "OXXO",
    "pix": "Pix",
    "rapipago": "Rapipago",
    "pagofacil": "Pago Fácil",
    "bolbradesco": "Boleto",
    "boleto": "Boleto",
    "efecty": "Efecty",
    "pse": "PSE",
    "spei": "SPEI",
    "account_money": gettext_lazy("account money"),
    "bank_transfer": gettext_lazy("bank transfer"),
    "cash": gettext_lazy("cash"),
    "card": gettext_lazy("card"),
}


@dataclass(frozen=True, slots=True)
class PaidWith:
    """`words`: "Mercado Pago · Visa ···3704"; `reference`: the provider's number, for questions about the payment.

    `by_card`: what the card charges where it pays in instalments of the provider's or bank's own; None: at once.
    """

    words: str
    reference: str
    by_card: "ByCard | None" = None


@dataclass(frozen=True, slots=True)
class ByCard:
    """Instalments that a card's bank or a provider finances, as they told us: never computed from the price.

    `paid` is what the shop received, `total` what the buyer is charged in all, `each` in each instalment (None: not
    told).
    """

    count: int
    paid: Decimal
    currency: str
    total: Decimal | None
    each: Decimal | None

    @property
    def is_even(self) -> bool:
        """Whether the instalments are the same to the cent, so that `count` × `each` may be called the total."""
        return self.each is not None and self.each * self.count == self.total


def of(order: Order) -> PaidWith:
    """Return how an order was paid (one query); "" for the reference where nothing was.

    The payment is found by the order's own `transaction_id`, so it is known while the order is being placed.
    """
    gateway, _, number = order.transaction_id.partition(":")
    if gateway == PLAN:
        return PaidWith(_instalments(order), "")
    if gateway not in gateways.GATEWAYS:
        # It cost nothing (`orders.checkout.free`), or its provider is not among ours any more.
        return PaidWith(gettext("Nothing to pay") if gateway == "free" else gateway.capitalize(), "")
    payment = _payment_of(order, gateway, number)
    return PaidWith(words_of(payment, gateway), number, by_card(payment) if payment else None)


def _payment_of(order: Order, gateway: str, number: str) -> Payment | None:
    # A mail says it twice, as text and as HTML.
    known: tuple[str, Payment | None] | None = order.__dict__.get(_KNOWN)
    if known is None or known[0] != order.transaction_id:
        known = order.__dict__[_KNOWN] = (order.transaction_id, _PAYMENT.first(gateway, number))
    return known[1]


def of_bill(bill: InstallmentBill) -> PaidWith | None:
    """Return how instalments of the shop's own were paid (one query); None where no payment is known."""
    payment = Payment.objects.filter(payable_id=bill.payable_id, role=Payment.Role.ORDER).first()
    if payment is None:
        return None
    return PaidWith(words_of(payment, payment.gateway), payment.external_id, by_card(payment))


def by_card(payment: Payment) -> ByCard | None:
    """Return what the card of a payment charges: several instalments, or more than the shop received; else None."""
    total = payment.charged_total
    if payment.installments < 2 and (total is None or total <= payment.amount):
        return None
    return ByCard(
        count=payment.installments,
        paid=payment.amount,
        currency=payment.currency,
        total=total,
        each=payment.charged_installment,
    )


def _instalments(order: Order) -> str:
    """Return how many instalments a plan has, and how many of those that did not fall are paid (one query)."""
    stays = ~Installment.FALLEN
    number = Installment.objects.filter(plan__order=order).aggregate(
        sold=Count("pk"),
        all=Count("pk", filter=stays),
        settled=Count("pk", filter=stays & Q(open_amount=0)),
    )
    sold = number.pop("sold")
    words: str = ngettext("%d instalment with the shop", "%d instalments with the shop", sold) % sold
    if not number["all"]:
        return words
    paid = gettext("%(settled)d of %(all)d paid") % number
    return f"{words} · {paid}"


def words_of(payment: Payment | None, gateway: str) -> str:
    """Return the provider and, where a payment is known, its method: "Mercado Pago · Visa ···3704"."""
    data = [str(gateways.get(gateway).label) if gateway in gateways.GATEWAYS else gateway.capitalize()]
    if payment and payment.method:
        name = str(_NAMES.get(payment.method.lower(), payment.method.replace("_", " ").capitalize()))
        data.append(f"{name} ···{payment.card_last4}" if payment.card_last4 else name)
    return " · ".join(data)
