"""A short run in the suite, and the controls: without a guard, the same driver must find broken rules.

`make chaos` runs hundreds of purchases with any seed; docs/chaos.md.
"""

import pytest

from tests.chaos.driver import Report, run
from tests.chaos.faults import Plan
from tests.chaos.records.report import lines
from tests.chaos.services.fixtures import Servers
from tests.support.soak import amount

SEEDS = (20261,)
PURCHASES, DAYS = amount("purchases of the chaos run", usual=12, soak=60), 3
HOUR, DAY = 3600, 86_400
# A control needs fewer steps: two steps of the clock end every checkout that was opened.
FEW_STEPS = (2 * HOUR, DAY)
# Without a guard some things stay due for ever: waiting longer adds nothing.
PATIENCE = 2.0
STRUCK = {
    "SIGKILL of web",
    "SIGKILL of worker",
    "SIGKILL of beat",
    "Redis flushed",
    "PostgreSQL restarted",
    "PostgreSQL crashed",
    "days on which every webhook is lost",
}


def data(report: Report) -> str:
    return "\n".join(lines(report))


def broken(report: Report) -> set[str]:
    return {issue.rule for issue in report.issues if issue.broken}


@pytest.mark.parametrize("seed", SEEDS)
def test_money_ends_well_whatever_fails(servers: Servers, seed: int) -> None:
    report = run(servers, seed=seed, purchases=PURCHASES, days=DAYS)
    assert report.is_good, data(report)
    assert set(report.log.struck) >= STRUCK, data(report)
    assert report.log.forged_refused, data(report)


def test_control_without_the_refund_of_second_payments_and_without_signatures(servers: Servers) -> None:
    """Two guards with rules of their own share a run: each rule must be broken without its guard."""
    report = run(
        servers,
        seed=7,
        purchases=6,
        days=1,
        manners={"pays in two tabs"},
        drawn=Plan({}, dict.fromkeys(range(6), 3), {}, frozenset()),
        steps=FEW_STEPS,
        patience=PATIENCE,
        without="refund of second payments, signatures",
    )
    missed = {"each payment ends as an order or goes back", "money in = orders + refunds + listed"}
    missed |= {"every forged webhook is refused", "no forged webhook is stored"}
    assert missed <= broken(report), data(report)


def test_control_without_reconciliation_and_list_reading(servers: Servers) -> None:
    report = run(
        servers,
        seed=7,
        purchases=4,
        days=1,
        manners={"pays and closes the window"},
        drawn=Plan({}, {}, {}, frozenset({0})),
        steps=FEW_STEPS,
        patience=PATIENCE,
        without="reconciliation and sweep",
    )
    assert {"each payment ends as an order or goes back", "no attempt lives for ever"} <= broken(report), (
        data(report)
    )
