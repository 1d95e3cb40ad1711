"""Buyers who come back after their purchase, and the staff who answer them, while everything fails."""

from random import Random
from typing import Final

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
)
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
            for _click in range(2):
                answer = self.clerk.ask(
                    "after_sale", order=order, step=step, key=f"chaos:{number}:{at}", number=drawn
                )
            self.log.note(self.log.staff, f"{step}: {answer.split(':')[0]}")
            if ": " in answer and not answer.startswith(_AWAY):
                self.log.note_broken(f"{step} of order {order}: {answer[:300]}")
