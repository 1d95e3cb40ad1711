"""A hundred thousand due instalments, passed by the jobs in one run each: `python -m benchmarks.due_installments`.

Plans of three instalments are made (one through the shop's own verbs, the others copied from it), all of them overdue
for a reminder and for late interest. `notices.send_due` then reminds of every one, a mail each, and
`late_interest.charge_due` books the interest of every plan. The *floor* of each is the least that keeps the same
promises in the same run: for reminders the claim of fifty rows, then one row of a mail and one update for each; for
interest one transaction for each plan that locks order and plan and writes its events; both through psycopg, nothing
rendered and nothing computed. Printed: pace, ratio, and by how much the process grew.
"""

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.environment import server_settings, servers

PER_PLAN = 3
MOST_GROWTH = 64  # MiB that a run may add to the process, whatever its length.
FLOOR_ROWS = 6_000
COPIES = {
    "orders_order": {
        "id": "key",
        "checkout_id": "key",
        "transaction_id": "key::text",
        "number": "100000 + n",
        "secret": "key::text",
    },
    "orders_installmentplan": {"id": "key", "order_id": "key", "quote_id": "key"},
}
CLAIM = """
SELECT id FROM orders_installment WHERE next_notice_at <= now() ORDER BY next_notice_at LIMIT 50
   FOR NO KEY UPDATE SKIP LOCKED
"""
MAIL = """
INSERT INTO core_emaillog (id, created_at, updated_at, kind, dedupe_key, "to", subject, text, html, sealed, has_secrets,
                           language, status, attempts, unanswered, error, next_try_at)
VALUES (gen_random_uuid(), now(), now(), 'floor', gen_random_uuid()::text, 'a@b.co', 's', %s, %s, '', false,
        'es', 'queued', 0, 0, '', now())
"""
CHARGE = """
INSERT INTO orders_installmentevent (id, created_at, updated_at, installment_id, kind, amount, cause, note, actor)
SELECT gen_random_uuid(), now(), now(), id, 'late', 0.01, 'floor', '', 'floor'
  FROM orders_installment WHERE plan_id = %s
"""


def make(number: int) -> None:
    """Make so many plans: overdue, reminded of never, each with late interest agreed."""
    from datetime import timedelta
    from decimal import Decimal

    from django.db import connection
    from django.utils import timezone

    from orders.models import Installment
    from orders.tests.installments.plans import ask, make_offer, make_plan, pay

    make_offer(late_monthly_rate=Decimal("0.03"))
    plan = make_plan()
    pay(ask(plan, 1))
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # The copies have no checkouts.
        for table, values in COPIES.items():
            template = plan.order_id if table == "orders_order" else plan.pk
            cursor.execute(_copy(table, values), [number - 1, template])
        cursor.execute(
            _copy("orders_installment", {"id": "gen_random_uuid()", "plan_id": "key"}, by="plan_id"),
            [number - 1, plan.pk],
        )
        due = timezone.localdate() - timedelta(days=20)
        Installment.objects.update(
            due_date=due, paid=0, waived=0, settled_at=None, next_notice_at=timezone.now(), notices=0
        )
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")


def _copy(table: str, values: dict[str, str], *, by: str = "id") -> str:
    """Return the statement that copies a row (parameters: how often, its key) with these columns computed."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'",
            [table],
        )
        columns = [name for (name,) in cursor.fetchall()]
    chosen = ", ".join(values.get(name, f'template."{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    return (
        f"INSERT INTO {table} ({names}) SELECT {chosen} FROM {table} AS template, "  # Names of our own.
        f"(SELECT n, md5('plan' || n)::uuid AS key FROM generate_series(1, %s) AS n) AS copy WHERE template.{by} = %s"
    )


def remind_floor(address: str, mail: Sequence[str], rows: int) -> int:
    """Claim, mail and mark so many rows as nothing but statements do; return how many."""
    import psycopg

    done = 0
    with psycopg.connect(address) as link:
        link.prepare_threshold = None
        while done < rows:
            keys = [key for (key,) in link.execute(CLAIM).fetchall()]
            for key in keys:
                link.execute(MAIL, mail)
                link.execute("UPDATE orders_installment SET next_notice_at = NULL WHERE id = %s", [key])
            link.commit()
            done += len(keys)
            if not keys:
                break
    return done


def charge_floor(address: str, plans: Sequence[Any]) -> int:
    """Lock and charge so many plans, each in a transaction of its own; return how many instalments."""
    import psycopg

    with psycopg.connect(address) as link:
        link.prepare_threshold = None
        for plan in plans:
            for table, column in (("orders_order", "id"), ("orders_installmentplan", "order_id")):
                link.execute(f"SELECT 1 FROM {table} WHERE {column} = %s FOR NO KEY UPDATE", [plan])
            link.execute(CHARGE, [plan])
            link.commit()
    return len(plans) * PER_PLAN


def measured(words: str, act: Callable[[], int]) -> float:
    """Run an act; print and return how many instalments it passed in a second, and by how much the process grew."""
    before, begun = _peak(), time.perf_counter()
    done = act()
    seconds, grown = time.perf_counter() - begun, _peak() - before
    print(
        f"{words:<28} {done:>9,} in {seconds:7.1f} s   {done / seconds:>8,.0f}/s   grew by {grown:.0f} MiB",
        flush=True,
    )
    if grown > MOST_GROWTH:
        raise SystemExit(f"{words}: the process grew by {grown:.0f} MiB")
    return done / seconds


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(options: argparse.Namespace) -> None:
    with servers() as address:
        from django.db.models import F
        from django.template import engines
        from django.utils import timezone

        from orders.installments import late_interest, notices
        from orders.models import Installment, InstallmentPlan
        from shop.core.models import EmailLog

        # As in production: compiled templates are kept.
        engine = engines["django"].engine
        cached = ("django.template.loaders.cached.Loader", engine.loaders)
        engine.template_loaders = engine.get_template_loaders([cached])
        rows = options.instalments
        begun = time.perf_counter()
        make(rows // PER_PLAN)
        number = Installment.objects.count()
        print(
            f"{number:,} instalments made in {time.perf_counter() - begun:.0f} s. {server_settings(address)}"
        )

        def remind() -> int:
            return sum(notices.send_due(seconds=options.seconds).values())

        def charge() -> int:
            plans = late_interest.charge_due(seconds=options.seconds)
            return plans.get("charged", 0) * PER_PLAN

        sample = min(FLOOR_ROWS, number)
        notices.send_due(size=1, seconds=0.001)
        mail = EmailLog.objects.filter(kind="installment_reminder").values_list("text", "html").first()
        least = measured("reminders, floor", lambda: remind_floor(address, mail or ("", ""), sample))
        Installment.objects.filter(next_notice_at=None).update(next_notice_at=timezone.now())
        ours = measured("reminders", remind)
        print(f"ratio {ours / least:.2f}; left over: {notices.due().count():,}")
        copies = InstallmentPlan.objects.filter(order_id=F("pk")).values_list("pk", flat=True)
        keys = list(copies[: sample // PER_PLAN])
        least = measured("late interest, floor", lambda: charge_floor(address, keys))
        ours = measured("late interest", charge)
        print(f"ratio {ours / least:.2f}; left over: {late_interest.due().count():,}")
        if notices.due().exists() or late_interest.due().exists():
            raise SystemExit("one run did not pass all of them")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A hundred thousand instalments, passed by the jobs.")
    parser.add_argument("--instalments", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=3600.0)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
