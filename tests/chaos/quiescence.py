"""Quiescence: faults removed, everything running, the clock moved on until nothing is due."""

import time
from dataclasses import dataclass
from typing import Final

from tests.chaos.people.staff import Clerk
from tests.chaos.records.verdict import CheckoutIssue
from tests.chaos.services import clock
from tests.chaos.services.stack import ShopStack

MINUTE, HOUR, DAY = 60, 3600, 86_400
# Beyond every voucher's life, every back-off, every retry of the providers: about two weeks.
STEPS: Final = (10 * MINUTE, 45 * MINUTE, 6 * HOUR, DAY, DAY, DAY, 2 * DAY, 4 * DAY, 5 * DAY)
MORE_STEPS: Final = 6
# How often something due may stay undone; then the run has failed, and waiting longer adds nothing.
MOST_RESTLESS: Final = 2
QUIET_SECONDS: Final = 180.0

# What is due now: each must come to zero before the clock moves on.
DUE: Final[dict[str, str]] = {
    "attempts to ask about": "SELECT count(*) FROM payments_paymentattempt WHERE next_check_at <= now()",
    "webhooks": """
        SELECT count(*) FROM payments_webhookevent
         WHERE status IN ('received', 'failed') AND next_try_at <= now()""",
    "refunds": """
        SELECT count(*) FROM payments_refund
         WHERE status IN ('requested', 'pending') AND next_try_at <= now()""",
    "mails": """
        SELECT count(*) FROM core_emaillog WHERE status IN ('queued', 'sending') AND next_try_at <= now()""",
    "plans to cancel": """
        SELECT count(*) FROM orders_installmentplan p WHERE p.status = 'awaiting' AND p.pay_first_by <= now()
           AND NOT EXISTS (SELECT 1 FROM orders_installmentbill b
                            WHERE b.plan_id = p.id AND b.status = 'awaiting' AND b.expires_at > now())""",
    "reminders": "SELECT count(*) FROM orders_installment WHERE next_notice_at <= now()",
    "bank credits": "SELECT count(*) FROM payments_bankcredit WHERE settle_at <= now()",
    "what is owed back": "SELECT count(*) FROM orders_reimbursement WHERE status = 'owed' AND next_try_at <= now()",
    "documents": """
        SELECT count(*) FROM orders_invoice
         WHERE status IN ('draft', 'authorised') AND next_try_at <= now()""",
    "exchanges to end": """
        SELECT count(*) FROM orders_exchangecharge WHERE status IN ('open', 'awaiting') AND expires_at < now()""",
    "returns to end": """
        SELECT count(*) FROM orders_return r WHERE r.status = 'approved' AND r.sent_at IS NULL AND r.send_by < now()
           AND NOT EXISTS (SELECT 1 FROM orders_returnreceipt c WHERE c.rma_id = r.id)
           AND NOT EXISTS (SELECT 1 FROM orders_returndecision d WHERE d.rma_id = r.id AND d.withdrawn_at IS NULL)""",
    "holds": """
        SELECT count(*) FROM inventory_reservation
         WHERE status = 'active' AND purpose <> 'manual' AND expires_at <= now()""",
    "sessions": """
        SELECT count(*) FROM orders_checkoutsession
         WHERE status IN ('open', 'awaiting_payment') AND expires_at <= now()""",
}
_DUE_AT_ONCE: Final = " UNION ALL ".join(
    f"SELECT '{name}' AS name, ({query}) AS due" for name, query in DUE.items()
)
# What must not be there at the very end: how many were looked at, and which break the rule, in words.
LEFT: Final[dict[str, tuple[str, str]]] = {
    "no attempt lives for ever": (
        "SELECT count(*) FROM payments_paymentattempt",
        """
        SELECT gateway || ' ' || id || ' is ' || status || ': ' || last_error FROM payments_paymentattempt
         WHERE status IN ('created', 'redirected', 'pending')""",
    ),
    "no purchase waits for ever": (
        "SELECT count(*) FROM orders_checkoutsession",
        """
        SELECT id || ' is ' || status FROM orders_checkoutsession
         WHERE status IN ('open', 'awaiting_payment')""",
    ),
    "no hold outlives its time": (
        "SELECT count(*) FROM inventory_reservation",
        """
        SELECT id || ' of ' || quantity || ' until ' || expires_at FROM inventory_reservation
         WHERE status = 'active' AND purpose NOT IN ('manual', 'exchange')""",
    ),
    # Those of exchanges and claims that are still waited for may stay (`check_stock` compares them).
    "no document waits for ever": (
        "SELECT count(*) FROM orders_invoice",
        """
        SELECT kind || ' ' || id || ' is ' || status || ': ' || last_error FROM orders_invoice
         WHERE status IN ('draft', 'reserved', 'sent', 'unknown')""",
    ),
    "no refund is under way for ever": (
        "SELECT count(*) FROM payments_refund",
        """
        SELECT r.id || ' is ' || r.status || ': ' || r.last_error FROM payments_refund r
         WHERE r.status IN ('requested', 'pending')
           AND NOT EXISTS (SELECT 1 FROM core_emaillog m
                            WHERE m.dedupe_key = 'payment-attention:refund-stuck:' || r.id)""",
    ),
    "each stored webhook has been dealt with": (
        "SELECT count(*) FROM payments_webhookevent",
        """
        SELECT provider || ' ' || topic || ' ' || subject || ' is ' || status || ' after ' || attempts || ': '
               || right(error, 200)
          FROM payments_webhookevent WHERE status IN ('received', 'failed')""",
    ),
    "no forged webhook is stored": (
        "SELECT count(*) FROM payments_webhookevent",
        "SELECT event_id FROM payments_webhookevent WHERE payload ? 'forged'",
    ),
    "no plan awaits its first payment for ever": (
        "SELECT count(*) FROM orders_installmentplan",
        "SELECT id || ' awaits' FROM orders_installmentplan WHERE status = 'awaiting'",
    ),
    "one confirmation of each order is sent": (
        "SELECT count(*) FROM orders_order",
        """
        SELECT '#' || o.number || ' has ' || count(m.id)
          FROM orders_order o
          LEFT JOIN core_emaillog m ON m.kind = 'order_confirmation' AND m.status = 'sent' AND m."to" = o.email
                                   AND strpos(m.dedupe_key, o.id::text) > 0
          LEFT JOIN orders_installmentplan p ON p.order_id = o.id
         GROUP BY o.id, p.status
        HAVING count(m.id) <> CASE WHEN p.status IN ('awaiting', 'cancelled') THEN 0 ELSE 1 END""",
    ),
    "what was sold left the stock": (
        "SELECT count(*) FROM orders_orderline",
        """
        SELECT l.sku || ': ' || l.sold || ' ordered, ' || coalesce(m.moved, 0) || ' moved'
          FROM (SELECT variant_id, min(sku) AS sku, sum(quantity) AS sold
                  FROM orders_orderline GROUP BY variant_id) l
          LEFT JOIN (SELECT variant_id, -sum(quantity) AS moved FROM inventory_stockmovement
                      WHERE kind = 'sale' AND cause_id IN (SELECT id FROM orders_order UNION ALL
                            SELECT id FROM orders_orderline WHERE replaces_id IS NOT NULL)
                      GROUP BY variant_id) m USING (variant_id)
         WHERE l.sold <> coalesce(m.moved, 0)""",
    ),
}


@dataclass
class Rest:
    """How a run ended."""

    rounds: int
    restless: list[str]


def come(
    stack: ShopStack, clerk: Clerk, steps: tuple[int, ...] = STEPS, *, patience: float = QUIET_SECONDS
) -> Rest:
    """Move the clock on, step by step, each time until nothing is due; a bounded number of rounds."""
    restless: list[str] = []
    await_quiet(stack, restless, patience)
    taken = 0
    for step in (*steps, *[DAY] * MORE_STEPS):
        if len(restless) > MOST_RESTLESS or (taken >= len(steps) and not _is_anything_alive(stack)):
            break
        clock.move(stack, step)
        if not (data := clerk.ask("night")).endswith("jobs"):
            restless.append(f"the night's jobs: {data}")
        await_quiet(stack, restless, patience)
        taken += 1
    return Rest(taken, restless)


def await_quiet(stack: ShopStack, restless: list[str], seconds: float) -> None:
    """Wait until nothing is due and no notification is undelivered; record what is not finished in time."""
    deadline = time.monotonic() + seconds
    due: dict[str, int] = {}
    while time.monotonic() < deadline:
        is_shown = stack.control("flush", {"timeout": 10})["done"]
        due = {row["name"]: row["due"] for row in stack.rows(_DUE_AT_ONCE) if row["due"]}
        if is_shown and not due:
            return
        time.sleep(0.1)
    restless.append(", ".join(f"{count} {name}" for name, count in due.items()) or "notifications")


def _is_anything_alive(stack: ShopStack) -> bool:
    return any(stack.rows(query) for _count, query in LEFT.values())


def validate_source(stack: ShopStack) -> list[CheckoutIssue]:
    """Apply the rules of what may be left, and the shop's own check of its stock."""
    issues = [
        CheckoutIssue(
            rule, stack.value(count), [str(next(iter(row.values()))) for row in stack.rows(query)[:20]]
        )
        for rule, (count, query) in LEFT.items()
    ]
    broken: list[str] = []
    try:
        # The clock was set back beneath the days of the reports, as another time zone would: they are counted again, as
        # staff would have them. What the reports miss by themselves is tried in tests/races/test_reports.py.
        stack.manage("update_reports", "--all")
        stack.manage("check_stock")
    except RuntimeError as error:
        broken = [str(error)[-2000:]]
    levels = stack.value("SELECT count(*) FROM inventory_stocklevel")
    return [*issues, CheckoutIssue("the stock's own rules hold (check_stock)", levels, broken)]
