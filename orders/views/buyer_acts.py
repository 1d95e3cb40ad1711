"""What a buyer may do about an order: the buttons of its page, in one list, each only when it is possible."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from orders.cancellation import quotes
from orders.cancellation.quotes import CannotCancel
from orders.models import Cancellation, Order, OrderLine
from shop.core import countries


@dataclass(frozen=True, slots=True)
class Facts:
    """An order as its page has read it; `lines` are those of `orders.fulfilment.remaining.lines`.

    `may_return`: something of it has arrived that may come back and is in no return.
    """

    order: Order
    lines: Sequence[OrderLine]
    is_account: bool
    may_return: bool

    def address(self, by_secret: str, own: str) -> str:
        """Return the address of a page of the order, for whoever holds its link or for its account."""
        if self.is_account:
            return reverse(f"orders:{own}", args=[self.order.number])
        return reverse(f"orders:{by_secret}", args=[self.order.secret])


@dataclass(frozen=True, slots=True)
class BuyerAct:
    """A button: `address` returns "" while it is not possible."""

    code: str
    label: StrOrPromise
    address: Callable[[Facts], str]


def _cancel(facts: Facts) -> str:
    try:
        quotes.demand_allowed(facts.order, facts.lines, by=Cancellation.By.SHOPPER)
    except CannotCancel:
        return ""
    return facts.address("order_cancel", "own_order_cancel")


def _withdraw(facts: Facts) -> str:
    """Offer to withdraw from what has left; what has not is cancelled, without waiting for an answer."""
    has_left = any(line.sent for line in facts.lines)
    if countries.current().withdrawal is None or facts.order.is_off or not has_left:
        return ""
    return f"{reverse('orders:withdrawal')}?pedido={facts.order.number}"


def _return(facts: Facts) -> str:
    return reverse("orders:return_ask", args=[facts.order.secret]) if facts.may_return else ""


def _claim(facts: Facts) -> str:
    """Offer to claim what has left: it may never arrive, come broken, or be something else."""
    if not any(line.sent for line in facts.lines):
        return ""
    return reverse("orders:claim_ask", args=[facts.order.secret])


ACTS: Final = (
    BuyerAct("cancel", _("Cancel the order"), _cancel),
    BuyerAct("return", _("Return or exchange something"), _return),
    BuyerAct("claim", _("Something is wrong with it"), _claim),
    BuyerAct("withdraw", _("Withdraw from this purchase"), _withdraw),
)


def offered(
    order: Order, lines: Sequence[OrderLine], *, is_account: bool, may_return: bool
) -> list[tuple[str, StrOrPromise, str]]:
    """Return the buttons as (code, label, address). Two queries at most."""
    facts = Facts(order, lines, is_account, may_return)
    return [(act.code, act.label, url) for act in ACTS if (url := act.address(facts))]
