"""What an order's page offers after the sale: the next step of its returns, exchanges, claims and invoices.

Each leads to the page where the step is done; what is next is read from the facts that the order's page has read.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from orders.admin.goods_returns import acts as of_returns
from orders.admin.order_acts import Act, Facts, Rank, contribute
from orders.models import Claim, Invoice, Return

_VIEW_RETURN: Final = "orders.view_return"


def _first(rows: Iterable[Any], fits: Callable[[Any], bool]) -> Any:
    return next((row for row in rows if fits(row)), None)


def _on_row(
    code: str,
    label: StrOrPromise,
    rank: Rank,
    *,
    of: str,
    fits: Callable[[Any], bool],
    page: str,
    args: tuple[str, ...] = (),
    permissions: tuple[str, ...],
) -> None:
    """Contribute an act on the first row of `facts.<of>` that fits; `page` is the name of its page."""

    def address(facts: Facts) -> str:
        found = _first(getattr(facts, of), fits)
        return reverse(f"admin:{page}", args=[found.pk, *args]) if found else ""

    contribute(
        Act(
            code=code,
            label=label,
            rank=rank,
            permissions=permissions,
            makes_sense=lambda facts: _first(getattr(facts, of), fits) is not None,
            address=address,
        )
    )


def _of_return(
    code: str,
    label: StrOrPromise,
    rank: Rank,
    fits: Callable[[Any], bool],
    permission: str,
    *,
    page: str = "orders_return_change",
    args: tuple[str, ...] = (),
) -> None:
    _on_row(
        code,
        label,
        rank,
        of="returns",
        fits=fits,
        page=page,
        args=args,
        permissions=(_VIEW_RETURN, permission),
    )


_of_return(
    "answer-return",
    _("Answer the return"),
    Rank.ANSWER_RETURN,
    lambda rma: rma.status == Return.Status.REQUESTED,
    of_returns.ANSWER,
)
_of_return(
    "receive-return",
    _("Receive the return"),
    Rank.RECEIVE_RETURN,
    lambda rma: rma.status == Return.Status.APPROVED and not rma.has_come,
    of_returns.RECEIVE,
    page="orders_return_receive",
)
_of_return(
    "inspect-return",
    _("Inspect the return"),
    Rank.INSPECT_RETURN,
    lambda rma: rma.is_to_inspect,
    of_returns.INSPECT,
)
_of_return(
    "decide-return",
    _("Decide what goes back"),
    Rank.DECIDE_RETURN,
    lambda rma: rma.is_to_decide and not rma.is_in_exchange,
    of_returns.DECIDE,
    page="orders_return_decide",
)
_of_return(
    "pay-return",
    _("Pay the return back"),
    Rank.PAY_RETURN,
    lambda rma: rma.is_to_pay,
    of_returns.PAY,
    page="orders_return_act",
    args=("pay",),
)
_on_row(
    "see-to-exchange",
    _("See to the exchange"),
    Rank.EXCHANGE,
    of="exchanges",
    fits=lambda one: one.is_open and bool(one.attention_since or one.rma.status == Return.Status.APPROVED),
    page="orders_exchange_change",
    permissions=("orders.view_exchange", "orders.change_exchange"),
)
_on_row(
    "answer-claim",
    _("Answer the claim"),
    Rank.ANSWER_CLAIM,
    of="claims",
    fits=lambda one: one.status == Claim.Status.OPEN,
    page="orders_claim_change",
    permissions=("orders.view_claim", "orders.change_claim"),
)
_on_row(
    "carry-out-claim",
    _("Carry the claim out"),
    Rank.CARRY_OUT_CLAIM,
    of="claims",
    fits=lambda one: one.status == Claim.Status.APPROVED,
    page="orders_claim_change",
    permissions=("orders.view_claim", "orders.change_claim"),
)
_on_row(
    "correct-invoice",
    _("Correct the invoice"),
    Rank.INVOICE,
    of="invoices",
    fits=lambda one: bool(one.attention) or one.status in {Invoice.Status.REJECTED, Invoice.Status.UNKNOWN},
    page="orders_invoice_change",
    permissions=("orders.view_invoice", "orders.change_invoice"),
)
