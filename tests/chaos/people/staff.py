"""The people of the shop and of the provider: refunds by the shop's verb and in the panel, disputes, decisions."""

import json
import threading
from random import Random
from typing import Any

from tests.chaos.records.log import Log
from tests.chaos.services.stack import ShopStack
from tests.journeys.stack import PATIENCE

_PAID = """
    SELECT p.id::text AS id, p.gateway, p.external_id, p.amount, p.role, p.status
      FROM payments_payment p WHERE p.role IN ('order', 'mismatch') AND p.status = 'approved'
     ORDER BY p.gateway, p.external_id
"""
_FAILED = (
    "SELECT id::text AS id FROM payments_refund WHERE status = 'failed' AND origin <> 'provider' ORDER BY id"
)


class Clerk:
    """The process that calls the shop's verbs (`actors.py`)."""

    def __init__(self, stack: ShopStack) -> None:
        log = stack.folder / "clerk.log"
        self._process = stack.starter.converse("-m", "tests.chaos.people.actors", log=log)
        self._lock = threading.Lock()

    def ask(self, act: str, **data: Any) -> str:
        """Call a verb; return its word, or its error. Pressed again once when the database was just being restarted."""
        answer: dict[str, str] = {}
        for _turn in range(5):
            with self._lock:
                self._process.stdin.write(json.dumps({"act": act, **data}) + "\n")
                self._process.stdin.flush()
                answer = json.loads(self._process.stdout.readline())
            if "OperationalError" not in answer.get("error", ""):
                break
        return answer.get("done") or answer["error"]

    def leave(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()


class Staff:
    """What people do at the end of a day, drawn from the seed."""

    def __init__(self, stack: ShopStack, clerk: Clerk, log: Log, seed: int) -> None:
        self.stack, self.clerk, self.log = stack, clerk, log
        self.chance = Random(f"{seed}:staff")
        self._touched: set[str] = set()

    def close_of_day(self) -> None:
        """Refund, dispute and decide about some of what has been paid since the last time."""
        self.read_statement()
        for row in self.stack.rows(_PAID):
            if row["id"] not in self._touched:
                self._touched.add(row["id"])
                self._consider(row)
        for row in self.stack.rows(_FAILED):
            if self.chance.random() < 0.7:
                self._note(f"failed refund: {self.clerk.ask('retry', refund=row['id'])}")
        self._close_disputes(0.5)

    def decide_all_disputes(self) -> None:
        """Let the banks decide what is still disputed: a refund of disputed money waits for them."""
        self._close_disputes(1.0)

    def read_statement(self) -> None:
        """Upload what the bank says, sometimes twice."""
        if file := self.stack.bank.statement():
            for _turn in range(self.chance.choice((1, 1, 2))):
                self._note(self.clerk.ask("statement", file=file))

    def _consider(self, row: dict[str, Any]) -> None:
        drawn = self.chance.random()
        if row["role"] == "mismatch":
            if drawn < 0.35:
                self._note(f"mismatch: {self.clerk.ask('resolve', payment=row['id'], accept=True)}")
            elif drawn < 0.7:
                self._note(f"mismatch: {self.clerk.ask('resolve', payment=row['id'], accept=False)}")
        elif drawn < 0.06:
            self._refund(row, "")
        elif 0.26 <= drawn < 0.34:
            self._cancel(row, partly=drawn < 0.29)
        elif row["gateway"] == "transfer":
            pass  # A bank transfer has neither a panel nor disputes.
        elif drawn < 0.14:
            self._refund(row, str(row["amount"] / 4))
            if drawn < 0.10:
                self._refund(row, str(row["amount"] / 2))
        elif drawn < 0.18:
            self._refund_in_the_panel(row, partly=drawn < 0.16)
        elif drawn < 0.20:  # Both at once: the shop's refund and the panel's.
            self._refund_in_the_panel(row, partly=True)
            self._refund(row, "")
        elif drawn < 0.26:
            action = "mp.chargeback" if row["gateway"] == "mercadopago" else "stripe.dispute"
            self._at_provider("dispute opened", action, row)

    def _refund(self, row: dict[str, Any], amount: str) -> None:
        amount = f"{float(amount):.2f}" if amount else ""
        key = f"chaos:{row['id']}:{amount}"
        answer = self.clerk.ask("refund", payment=row["id"], amount=amount, key=key)
        self._note(f"refund {'in part' if amount else 'in full'}: {answer.split(':')[0]}")

    def _cancel(self, row: dict[str, Any], *, partly: bool) -> None:
        """Cancel the order of a payment, clicked twice."""
        for _click in range(2):
            answer = self.clerk.ask("cancel", payment=row["id"], partly=partly, key=f"chaos:{row['id']}")
        self._note(f"order cancelled: {answer.split(':')[0]}")

    def _refund_in_the_panel(self, row: dict[str, Any], *, partly: bool) -> None:
        action = "mp.refund" if row["gateway"] == "mercadopago" else "stripe.refund"
        params = {"amount": f"{float(row['amount']) / 3:.2f}"} if partly else {}
        self._at_provider(f"refund in the panel{', in part' if partly else ''}", action, row, **params)

    def _at_provider(self, what: str, action: str, row: dict[str, Any], **params: Any) -> None:
        done = self.stack.act(action, row["external_id"], **params)
        self._note(what if done else f"{what}: refused there")

    def _close_disputes(self, share: float) -> None:
        """Let the banks decide about such a share of what is disputed: won or lost."""
        for dispute in self.stack.control("disputes"):
            if self.chance.random() < share:
                ending = self.chance.choice(("win", "lose"))
                is_stripe = dispute.get("object") == "dispute"
                subject = dispute["payment_intent"] if is_stripe else str(dispute["payments"][0])
                name = f"stripe.dispute_{ending}" if is_stripe else f"mp.chargeback_{ending}"
                if self.stack.act(name, subject):
                    self._note(f"dispute: {ending}")

    def _note(self, what: str) -> None:
        self.log.note(self.log.staff, what)
