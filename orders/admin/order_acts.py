"""The acts that an order's page in the back office offers: a button for each, in the order in which a clerk needs them.

Each act is contributed once, by the module that has its page; the page reads the order's facts once and asks every act
whether it makes sense now. What is offered is only a suggestion: the verb behind it decides.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django_stubs_ext import StrOrPromise

from orders.models import (
    Claim,
    Exchange,
    Invoice,
    Order,
    OrderHold,
    OrderLine,
    OrderMoney,
    Shipment,
)


class Rank(IntEnum):
    """Where an act stands: what brings the order forward first, then what keeps it back, then what undoes it."""

    RELEASE = 5
    PREPARE = 10
    PACK = 20
    LABEL = 25
    SEND = 30
    DELIVER = 40
    ANSWER_CLAIM = 41
    CARRY_OUT_CLAIM = 42
    ANSWER_RETURN = 43
    RECEIVE_RETURN = 44
    INSPECT_RETURN = 45
    DECIDE_RETURN = 46
    PAY_RETURN = 47
    EXCHANGE = 48
    INVOICE = 50
    HOLD = 60
    RETURN = 70
    REFUND = 80
    PUT_BACK = 85
    CANCEL = 90


# From here on an act undoes something: it is never the button that stands out.
_UNDOES: Final = Rank.HOLD


@dataclass(frozen=True, slots=True)
class Facts:
    """An order as its page has read it; asking for more of it costs a query for each order page.

    `lines` are those of `orders.fulfilment.remaining.lines`, `holds` the active ones, `shipments` all of them;
    `payments` are the rows of the apps above, with their refunds and disputes. `returns` are those of
    `orders.returns.states.with_todo`, oldest first; `exchanges` come with their returns.
    """

    order: Order
    lines: Sequence[OrderLine]
    money: OrderMoney
    holds: Sequence[OrderHold]
    shipments: Sequence[Shipment]
    payments: Sequence[Any]
    returns: Sequence[Any]
    exchanges: Sequence[Exchange]
    claims: Sequence[Claim]
    invoices: Sequence[Invoice]

    @property
    def is_confirmed(self) -> bool:
        return self.order.status == Order.Status.CONFIRMED

    @property
    def unsent(self) -> int:
        """Return how many units are in the house and to be sent, in a shipment or not."""
        return sum(line.unsent for line in self.lines)

    @property
    def left(self) -> int:
        """Return how many units are to be sent and in no shipment."""
        return sum(line.left for line in self.lines)

    @property
    def sent(self) -> int:
        return sum(line.sent for line in self.lines)

    @property
    def sold(self) -> int:
        """Return how many units still count as sold in stock."""
        return sum(max(line.quantity - line.restocked, 0) for line in self.lines)

    @property
    def may_be_sent(self) -> bool:
        """Say whether nothing keeps units of it from being packed."""
        return self.is_confirmed and not self.holds and not self.order.is_off and bool(self.left)

    def shipments_in(self, *states: str) -> list[Shipment]:
        return [one for one in self.shipments if one.status in states]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act: its button, who may do it, when it makes sense, and the address of its page ("": it is not offered)."""

    code: str
    label: StrOrPromise
    rank: Rank
    permissions: tuple[str, ...]
    makes_sense: Callable[[Facts], bool]
    address: Callable[[Facts], str]
    is_danger: bool = False


@dataclass(frozen=True, slots=True)
class Offered:
    """A button: `is_main` is the next sensible thing to do."""

    code: str
    label: StrOrPromise
    url: str
    is_main: bool
    is_danger: bool


_acts: dict[str, Act] = {}


def contribute(act: Act) -> None:
    """Add an act to every order's page; the same code again replaces it."""
    _acts[act.code] = act


def page_of(name: str) -> Callable[[Facts], str]:
    """Return the address of a page of the order: `admin:orders_order_<name>`, by its key."""
    return lambda facts: reverse(f"admin:orders_order_{name}", args=[facts.order.pk])


def offered(facts: Facts, user: "AbstractBaseUser | AnonymousUser") -> list[Offered]:
    """Return the buttons that somebody is offered now, the next sensible act first. No query of its own."""
    found: list[Offered] = []
    person: Any = user
    for act in sorted(_acts.values(), key=lambda one: (one.rank, one.code)):
        if not person.has_perms(act.permissions) or not act.makes_sense(facts):
            continue
        if url := act.address(facts):
            is_main = not found and act.rank < _UNDOES
            found.append(Offered(act.code, act.label, url, is_main, act.is_danger))
    return found


def registered() -> Mapping[str, Act]:
    """Return all acts by their codes."""
    return dict(_acts)
