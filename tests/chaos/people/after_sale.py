"""Buyers who come back after their purchase, and the staff who answer them, while everything fails."""

from contextlib import suppress
from random import Random
from typing import Final

from tests.chaos.people.browser import NoSuchForm
from tests.chaos.people.shoppers import GaveUp, Shopper
from tests.chaos.people.staff import Clerk
from tests.chaos.records.log import Log
from tests.chaos.services.stack import ShopStack

# A history: which steps, one after another. What a step needs and is not there yet is refused.
CASES: Final = (
    ("send",),
    ("send", "ask_return", "come", "pay_back"),
    ("send", "ask_return", "pay_back", "come"),
    ("send", "ask_exchange", "come", "pay_back", "send"),
    ("send", "claim", "send"),
    ("send", "ask_exchange"),
    ("send", "ask_dearer", "pay_difference", "come", "pay_back", "send"),
    ("send", "ask_dearer", "come", "pay_difference", "pay_back", "send"),
    ("send", "ask_dearer", "pay_difference"),
)
# The step that buyers do themselves, by their browser and at the provider; all others are verbs that the clerk calls.
_BY_BUYER: Final = "pay_difference"
# Whoever pays a difference draws other numbers than whoever buys.
_APART: Final = 100_000
_OWED: Final = """
    SELECT c.token FROM orders_exchangecharge c JOIN orders_exchange e ON e.id = c.exchange_id
     WHERE e.order_id = %s AND c.status IN ('open', 'awaiting') AND c.expires_at > now() ORDER BY c.created_at
"""
_SOLD: Final = "SELECT id::text AS id FROM orders_order ORDER BY number"
# Of an error of these kinds the reason is a server that was away.
_AWAY: Final = ("OperationalError", "InterfaceError", "ConnectionError", "TimeoutError")


class Aftermath:
    """One history after another, each about an order that was sold before, drawn from the seed."""

    def __init__(self, stack: ShopStack, clerk: Clerk, log: Log, seed: int) -> None:
        self.stack, self.clerk, self.log, self.seed = stack, clerk, log, seed

    def happen(self, number: int) -> None:
        """Let one history happen; each of its steps is clicked twice."""
        chance = Random(f"{self.seed}:after:{number}")
        orders = self.stack.rows(_SOLD)
        if not orders:
            return
        order = chance.choice(orders)["id"]
        for at, step in enumerate(chance.choice(CASES)):
            drawn = chance.randrange(60)
            if step == _BY_BUYER:
                self.log.note(self.log.staff, f"{step}: {self._pay_differences(order, number)}")
                continue
            for _click in range(2):
                answer = self.clerk.ask(
                    "after_sale", order=order, step=step, key=f"chaos:{number}:{at}", number=drawn
                )
            self.log.note(self.log.staff, f"{step}: {answer.split(':')[0]}")
            if ": " in answer and not answer.startswith(_AWAY):
                self.log.note_broken(f"{step} of order {order}: {answer[:300]}")

    def _pay_differences(self, order: str, number: int) -> str:
        """Pay what an order's exchanges ask for, at a provider: at once, after a refusal, in two windows, or not."""
        ended = "nothing to pay"
        for row in self.stack.rows(_OWED, order):
            buyer = Shopper(self.stack, self.log, (), number=_APART + number, seed=self.seed)
            try:
                ended = _pay(buyer, f"/cambios/{row['token']}/")
            except GaveUp as error:
                ended = f"left: {error}"
            except NoSuchForm as error:
                ended = "lost"
                self.log.note_lost(f"difference of order {order}: {error}")
            finally:
                buyer.browser.close()
        return ended


def _pay(buyer: Shopper, path: str) -> str:
    """Go from the page of a difference to the provider, and pay there in a drawn manner."""
    step = buyer.visit(path)
    page = buyer.go_to_pay(step, buyer.chance.choice(buyer.gateways))
    how = buyer.chance.choice(("paid", "paid", "paid after a refusal", "paid in two windows", "walked away"))
    if how == "walked away":
        return how
    if how == "paid after a refusal":
        page = buyer.pay(page, "reject" if "/mp/" in page.url else "decline")
    paid = buyer.pay(page)
    if how == "paid in two windows":
        with suppress(NoSuchForm):  # The provider says that it is over.
            buyer.pay(page)
    buyer.come_back(paid)
    return how
