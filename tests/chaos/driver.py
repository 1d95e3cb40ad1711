"""One chaos run: shoppers and faults, day after day, then the wait until nothing is due, then the checks."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

from tests.chaos import faults, quiescence
from tests.chaos.people.after_sale import Aftermath
from tests.chaos.people.shoppers import Goods, Shopper
from tests.chaos.people.staff import Clerk, Staff
from tests.chaos.records import ledgers, logs, verdict
from tests.chaos.records.log import Log
from tests.chaos.records.verdict import CheckoutIssue, Sums
from tests.chaos.scripts import Agenda, buy
from tests.chaos.services import clock
from tests.chaos.services.fixtures import Servers
from tests.chaos.services.stack import ShopStack

PURCHASES_PER_DAY = 40
THREADS = 6
LEAST_ORDERS = 0.25
_SPANS = (3600, 12 * 3600, 86_400, 2 * 86_400)
# Some goods are scarce: some payments must come too late for them.
_GOODS = """
    SELECT v.id::text AS variant_id, v.sku, p.slug,
           (SELECT string_agg(o.code || '=' || w.code, '&') FROM catalog_variantvalue vv
              JOIN catalog_option o ON o.id = vv.option_id JOIN catalog_optionvalue w ON w.id = vv.value_id
             WHERE vv.variant_id = v.id) AS options,
           sum(s.on_hand - s.reserved) FILTER (WHERE inventory_sellable(l.is_sellable, l.kind)) AS units
      FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
      JOIN inventory_stocklevel s ON s.variant_id = v.id JOIN inventory_location l ON l.id = s.location_id
     WHERE v.is_active AND p.is_active AND v.max_per_order IS NULL
       AND NOT EXISTS (SELECT 1 FROM catalog_collectionproduct e JOIN catalog_collection c ON c.id = e.collection_id
                        WHERE e.product_id = p.id AND c.kind = 'drop')
     GROUP BY v.id, v.sku, p.slug HAVING sum(s.on_hand - s.reserved) FILTER (WHERE inventory_sellable(l.is_sellable, l.kind)) > 0
     ORDER BY units, v.sku
"""


@dataclass
class Report:
    """The figures of a run and its verdict."""

    seed: int
    purchases: int
    currency: str
    seconds: float = 0.0
    log: Log = field(default_factory=Log)
    issues: list[CheckoutIssue] = field(default_factory=list)
    sums: dict[str, Sums] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    moved_days: float = 0.0
    rounds: int = 0

    @property
    def is_good(self) -> bool:
        return not any(issue.broken for issue in self.issues)


def run(
    servers: Servers,
    *,
    seed: int,
    purchases: int,
    currency: str = "ARS",
    without: str = "",
    days: int = 0,
    harsh: float = 1.0,
    manners: Collection[str] = (),
    drawn: faults.Plan | None = None,
    steps: tuple[int, ...] = quiescence.STEPS,
    patience: float = quiescence.QUIET_SECONDS,
    say: Callable[[str], None] = lambda _words: None,
) -> Report:
    """Let `purchases` shoppers buy under the seed's plan of faults; return the figures and the verdict.

    A control may name the `manners` that are drawn, bring a plan of its own (`drawn`), and come to rest in fewer
    `steps`, each awaited with less `patience` (seconds).
    """
    begun = time.monotonic()
    report = Report(seed, purchases, currency)
    days = days or max(3, purchases // PURCHASES_PER_DAY)
    drawn = drawn or faults.plan(seed, purchases=purchases, days=days, harsh=harsh)
    # Where no fault lets a provider hang, one second's patience would strike only those whose machine is busy.
    calm = {} if drawn.strikes else {"PAYMENT_TIMEOUT": "10"}
    stack = ShopStack(servers, without=without, SHOP_CURRENCY=currency, **calm)
    try:
        stack.start()
        say(f"The shop is open after {time.monotonic() - begun:.0f} s.")
        Run(stack, report, drawn, days, manners=manners, steps=steps, patience=patience, say=say).all()
    finally:
        stack.stop()
    report.seconds = time.monotonic() - begun
    return report


class Run:
    """The days of one run."""

    def __init__(
        self,
        stack: ShopStack,
        report: Report,
        drawn: faults.Plan,
        days: int,
        *,
        manners: Collection[str],
        steps: tuple[int, ...],
        patience: float,
        say: Callable[[str], None],
    ) -> None:
        self.stack, self.report, self.plan, self.days = stack, report, drawn, days
        self.manners, self.steps, self.patience, self.say = manners, steps, patience, say
        self.striker = faults.Striker(stack, report.log, drawn, report.seed)
        self.agenda = Agenda()
        self.chance = Random(f"{report.seed}:clock")
        self.goods = self._goods()

    def _goods(self) -> Sequence[Goods]:
        rows = self.stack.rows(_GOODS)
        chance = Random(f"{self.report.seed}:goods")
        scarce, plenty = rows[: len(rows) // 4], rows[len(rows) // 2 :]
        few = max(3, self.report.purchases // 12)
        chosen = chance.sample(scarce, k=min(few, len(scarce))) + chance.sample(
            plenty, k=min(3 * few, len(plenty))
        )
        return [Goods(row["variant_id"], row["sku"], row["slug"], row["options"] or "") for row in chosen]

    def all(self) -> None:
        """Run all days, wait until nothing is due, check the rules."""
        clerk = Clerk(self.stack)
        staff = Staff(self.stack, clerk, self.report.log, self.report.seed)
        after = Aftermath(self.stack, clerk, self.report.log, self.report.seed)
        try:
            clerk.ask("prepare", shoppers=self.report.purchases)
            for day in range(self.days):
                self._day(day, staff, after)
            self.say("Coming to rest …")
            self._late_acts(self.days + 10)
            self._last_cases(after)
            staff.read_statement()
            self.stack.all_begin()
            staff.decide_all_disputes()
            rested = quiescence.come(self.stack, clerk, self.steps, patience=self.patience)
            self.report.rounds = rested.rounds
            self._judge(rested)
        finally:
            clerk.leave()

    def _last_cases(self, after: Aftermath) -> None:
        """Let something happen to what was sold on the last day as well."""
        if not self.manners:
            for number in range(self.report.purchases, self.report.purchases * 2):
                after.happen(number)

    def _day(self, day: int, staff: Staff, after: Aftermath) -> None:
        numbers = range(
            self.report.purchases * day // self.days, self.report.purchases * (day + 1) // self.days
        )
        if day in self.plan.silent_days:
            self.striker.silence()
        with ThreadPoolExecutor(THREADS) as pool, ThreadPoolExecutor(1) as killer:
            acts = [pool.submit(self._purchase, number, day, killer) for number in numbers]
            # A control, which names its manners, is about purchases alone.
            acts += [] if self.manners else [pool.submit(after.happen, number) for number in numbers]
            try:
                for act in acts:
                    act.result()
            except (
                BaseException
            ):  # The run was interrupted, or the driver itself failed: no more shoppers come.
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        self.stack.all_begin()
        self._late_acts(day)
        staff.close_of_day()
        self.striker.disarm()
        span = self.chance.choice(_SPANS)
        clock.move(self.stack, span)
        self.report.moved_days += span / 86_400
        self.say(f"Day {day + 1} of {self.days}: {numbers.stop} purchases; {span / 3600:.0f} h pass.")

    def _purchase(self, number: int, day: int, killer: ThreadPoolExecutor) -> None:
        self.striker.before(number)
        if number in self.plan.kills:
            killer.submit(self.striker.kill, self.plan.kills[number])
        log = self.report.log
        shopper = Shopper(self.stack, log, self.goods, number=number, seed=self.report.seed)
        manner, outcome = buy(shopper, self.agenda, day, self.manners)
        log.note(log.scripts, manner)
        log.note(log.done, outcome)

    def _late_acts(self, day: int) -> None:
        for act in self.agenda.due(day):
            self.report.log.note(self.report.log.done, f"later: {act(self.stack)}")

    def _judge(self, rested: quiescence.Rest) -> None:
        seen, log = ledgers.read(self.stack), self.report.log
        self.report.sums = verdict.sums(seen)
        self.report.ends = ends(seen)
        self.report.errors = logs.errors(self.stack.folder)
        self.report.issues = [
            _enough(self.report),
            CheckoutIssue("everything comes to rest", rested.rounds, rested.restless),
            *verdict.validate_source(seen),
            *quiescence.validate_source(self.stack),
            CheckoutIssue(
                "every forged webhook is refused",
                log.forged_refused + log.forged_taken,
                [f"{log.forged_taken} were taken"] if log.forged_taken else [],
            ),
            CheckoutIssue("no shopper meets a page without a way on", self.report.purchases, log.lost),
            CheckoutIssue("no act after the sale breaks", sum(log.staff.values()), log.broken),
            CheckoutIssue(
                "nothing breaks but while a server is away",
                sum(self.report.errors.values()),
                sorted(f"{times} × {kind}" for kind, times in logs.unexplained(self.report.errors).items()),
            ),
        ]


def _enough(report: Report) -> CheckoutIssue:
    """A run in which hardly anybody could buy proves nothing."""
    orders = report.ends["orders"]
    few = orders < report.purchases * LEAST_ORDERS
    return CheckoutIssue(
        "enough purchases become orders",
        report.purchases,
        [f"only {orders} orders of {report.purchases} purchases"] if few else [],
    )


def ends(seen: ledgers.Books) -> dict[str, int]:
    """Count how the payments ended."""
    words = {"order": "paid an order", "surplus": "went back or is listed", "mismatch": "held for people"}
    counted: dict[str, int] = {"orders": len(seen.orders), "refunds": len(seen.refunds)}
    for money in seen.money:
        row = seen.row(money)
        word = "of another account" if not money.is_ours else words.get(row["role"] if row else "", "nowhere")
        counted[f"payments: {word}"] = counted.get(f"payments: {word}", 0) + 1
    return counted
