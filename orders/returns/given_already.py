"""What was given back or claimed of an order already, in words, for whoever answers a buyer who withdraws."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from orders.models import Claim, Order, Return
from orders.reimbursements.money import money_left
from shop.core.money import display


def words(order: Order) -> list[str]:
    """Return what went back, what a bank took, which claims and returns there are, and what is left; [] of nothing.

    Four queries.
    """
    given = [*_money(order), *_claims(order), *_returns(order)]
    if given:
        given.append(
            _("At most %(sum)s may still go back.") % {"sum": display(money_left(order), order.currency)}
        )
    return given


def _money(order: Order) -> Iterator[str]:
    money = order.money
    if money.promised:
        yield _("%(sum)s went back, or are on their way.") % {"sum": display(money.promised, order.currency)}
    if money.charged_back:
        yield _("A bank took %(sum)s.") % {"sum": display(money.charged_back, order.currency)}


def _claims(order: Order) -> Iterator[str]:
    rows = order.claims.exclude(status__in=[Claim.Status.DENIED, Claim.Status.CANCELLED])
    for claim in rows.order_by("ordinal"):
        claim.order = order
        said = [claim.get_status_display(), claim.get_outcome_display() if claim.outcome else ""]
        yield _("Claim %(number)s: %(state)s.") % {
            "number": claim.number,
            "state": " · ".join(filter(None, said)),
        }


def _returns(order: Order) -> Iterator[str]:
    rows = order.returns.exclude(status__in=[Return.Status.REJECTED, Return.Status.CANCELLED])
    for rma in rows.order_by("ordinal"):
        rma.order = order
        yield _("Return %(number)s: %(state)s.") % {"number": rma.number, "state": rma.get_status_display()}
