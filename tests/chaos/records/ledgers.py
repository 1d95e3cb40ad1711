"""The payments of both sides when nothing is due: the providers', by the sandbox's lists, and the shop's rows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.chaos.services.stack import ShopStack

# Of the sandbox's configuration: a payment booked on another account is none of ours.
OUR_COLLECTOR = 724484980
_MINOR = Decimal(100)
_CENT = Decimal("0.01")
_MP_REFUNDS = {"approved": "done", "in_process": "under way"}
_STRIPE_REFUNDS = {"succeeded": "done", "pending": "under way", "requires_action": "under way"}
_LOST = {"charged_back", "in_mediation"}


@dataclass(frozen=True)
class Returned:
    """One refund at the provider: `state` is done, under way or failed."""

    external_id: str
    amount: Decimal
    state: str


@dataclass(frozen=True)
class Money:
    """One payment that came in at a provider."""

    gateway: str
    external_id: str
    reference: str
    amount: Decimal
    currency: str
    refunds: tuple[Returned, ...] = ()
    # The bank has taken it back, or keeps it while it looks: "", open, won or lost.
    dispute: str = ""
    is_ours: bool = True

    @property
    def name(self) -> str:
        return f"{self.gateway} {self.external_id}"

    @property
    def returned(self) -> Decimal:
        return sum((one.amount for one in self.refunds if one.state == "done"), Decimal("0.00"))

    @property
    def returning(self) -> Decimal:
        return sum((one.amount for one in self.refunds if one.state == "under way"), Decimal("0.00"))


@dataclass
class Books:
    """Everything that the rules check."""

    money: list[Money] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    # Instalments with their order's key.
    installments: list[dict[str, Any]] = field(default_factory=list)
    # What was cancelled, each with what is owed for it (`owed`, `owed_status`; None: nothing).
    cancellations: list[dict[str, Any]] = field(default_factory=list)
    # What buyers are owed back, by whatever caused it.
    owed: list[dict[str, Any]] = field(default_factory=list)
    # Which refunds pay each of them: keys by its key.
    parts: dict[Any, list[Any]] = field(default_factory=dict)
    # Differences of exchanges, with their order's key.
    charges: list[dict[str, Any]] = field(default_factory=list)
    # The keys of the mails by which the staff was notified: `payment-attention:<matter>:<row>`.
    data: frozenset[str] = frozenset()

    def row(self, money: Money) -> dict[str, Any] | None:
        """Return the shop's row of a payment."""
        for row in self.payments:
            if (row["gateway"], row["external_id"]) == (money.gateway, money.external_id):
                return row
        return None

    def kept(self, payment: dict[str, Any]) -> Decimal:
        """Return what the shop has of a payment: less refunds that have not failed, less what a bank took."""
        refunds = sum(
            (one["amount"] for one in self.refunds_of(payment) if one["status"] != "failed"), Decimal(0)
        )
        kept: Decimal = payment["amount"] - refunds - payment["charged_back_amount"]
        return kept

    def paying(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the payments of an order itself, without those of its exchanges' differences."""
        differences = {row["payable_id"] for row in self.charges}
        return [
            row
            for row in self.payments
            if row["order_id"] == order["id"]
            and row["role"] == "order"
            and row.get("payable_id") not in differences
        ]

    def refunds_of(self, payment: dict[str, Any]) -> list[dict[str, Any]]:
        return [row for row in self.refunds if row["payment_id"] == payment["id"]]

    def history(self, money: Money) -> str:
        """Return a payment's refunds on both sides, for whoever looks for the cause."""
        there = [f"{one.external_id} {one.amount} {one.state}" for one in money.refunds]
        row = self.row(money)
        here = [
            f"{one['external_id'] or '-'} {one['amount']} {one['status']} by {one.get('origin')}"
            f" after {one.get('attempts')} tries: {one.get('last_error')}"
            for one in (self.refunds_of(row) if row else [])
        ]
        role = f"{row['role']} {row['status']}, refunded {row['refunded_amount']}" if row else "no row"
        return f" [there: {', '.join(there) or 'no refund'}; here: {role}; {' | '.join(here) or 'no refund'}]"

    def is_shown(self, row: dict[str, Any], *matters: str) -> bool:
        """Say whether a mail has notified the staff of a payment or refund."""
        keys = tuple(f"payment-attention:{matter}:{row['id']}" for matter in matters)
        # A refund that was sent again and failed again is notified once more, with the number of times behind it.
        return any(data.startswith(keys) for data in self.data)


def read(stack: ShopStack) -> Books:
    """Read both sides."""
    mails = stack.rows("SELECT dedupe_key FROM core_emaillog WHERE dedupe_key LIKE 'payment-attention:%'")
    return Books(
        money=[*_mercadopago(stack), *_stripe(stack), *_transfers(stack)],
        payments=stack.rows(
            "SELECT p.*, o.number AS order_number, a.checkout_id, a.payable_id FROM payments_payment p"
            " JOIN payments_paymentattempt a ON a.id = p.attempt_id LEFT JOIN orders_order o ON o.id = p.order_id"
            " ORDER BY p.created_at"
        ),
        refunds=stack.rows("SELECT * FROM payments_refund ORDER BY created_at"),
        orders=stack.rows("SELECT * FROM orders_order ORDER BY number"),
        installments=stack.rows(
            "SELECT i.*, p.order_id, p.status FROM orders_installment i JOIN orders_installmentplan p ON p.id = i.plan_id"
            " ORDER BY i.plan_id, i.number"
        ),
        cancellations=stack.rows(
            "SELECT c.*, r.amount AS owed, r.status AS owed_status FROM orders_cancellation c"
            " LEFT JOIN orders_reimbursement r ON r.id = c.reimbursement_id ORDER BY c.created_at"
        ),
        owed=stack.rows("SELECT * FROM orders_reimbursement ORDER BY created_at"),
        parts=_parts(stack),
        charges=stack.rows(
            "SELECT c.*, e.order_id FROM orders_exchangecharge c JOIN orders_exchange e ON e.id = c.exchange_id"
            " ORDER BY c.created_at"
        ),
        data=frozenset(row["dedupe_key"] for row in mails),
    )


def _parts(stack: ShopStack) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    rows = "SELECT reimbursement_id, refund_id FROM payments_reimbursementpart WHERE refund_id IS NOT NULL"
    for row in stack.rows(rows):
        found[row["reimbursement_id"]].append(row["refund_id"])
    return found


def _mercadopago(stack: ShopStack) -> Iterable[Money]:
    for body in stack.control("payments"):
        if not body["date_approved"]:
            continue
        refunds = tuple(
            Returned(str(one["id"]), _major(one["amount"]), _MP_REFUNDS.get(one["status"], "failed"))
            for one in body["refunds"]
        )
        ends = {"settled": "lost", "reimbursed": "won"}
        yield Money(
            "mercadopago",
            str(body["id"]),
            str(body["external_reference"]),
            _major(body["transaction_amount"]),
            body["currency_id"],
            refunds,
            ends.get(body["status_detail"], "open") if body["status"] in _LOST else "",
            int(body["collector_id"]) == OUR_COLLECTOR,
        )


def _transfers(stack: ShopStack) -> Iterable[Money]:
    for credit in stack.bank:
        yield Money("transfer", credit.number, credit.code, credit.amount, "ARS")


def _stripe(stack: ShopStack) -> Iterable[Money]:
    references = {one["payment_intent"]: one["client_reference_id"] for one in stack.control("sessions")}
    refunds: dict[str, list[Returned]] = defaultdict(list)
    for one in stack.control("refunds"):
        if one.get("object") == "refund":
            state = _STRIPE_REFUNDS.get(one["status"], "failed")
            refunds[one["charge"]].append(Returned(one["id"], _minor(one["amount"]), state))
    disputes = {one["charge"]: one for one in stack.control("disputes") if one.get("object") == "dispute"}
    words = {"won": "won", "lost": "lost"}
    for charge in stack.control("charges"):
        if charge["status"] != "succeeded" or not charge["paid"]:
            continue
        dispute = disputes.get(charge["id"])
        yield Money(
            "stripe",
            charge["payment_intent"],
            str(references.get(charge["payment_intent"]) or ""),
            _minor(charge["amount"]),
            charge["currency"].upper(),
            tuple(refunds[charge["id"]]),
            words.get(dispute["status"], "open") if dispute else "",
            not charge["livemode"],
        )


def _major(amount: float) -> Decimal:
    return Decimal(str(amount)).quantize(_CENT)


def _minor(amount: int) -> Decimal:
    return (Decimal(amount) / _MINOR).quantize(_CENT)
