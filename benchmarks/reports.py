"""Reports of a million orders: `python -m benchmarks.reports`.

Orders of two years are written by set-based statements with triggers off (one order made by the shop's own verbs, the
others copied from it: a line, its shipping, a payment, a tenth of them refunded), with checkouts that ended otherwise.
Then everything is counted. Each page of the reports is measured alternately with the *floor*: the same page of days
without any sale, asked for in the same run, so that other load on the machine cancels out. Beside it stand the
statements of a page, which load cannot change. All of it is done with few orders and again with many: *growth* is what
the ratio to the floor gained. At the end the job counts one changed order, and the rules are checked.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

from benchmarks.due_installments import _copy
from benchmarks.environment import run_sql, server_settings, servers
from benchmarks.reserve import make_levels

DAYS = 730
VARIANTS = 1_000
# A refund for one order in so many; ended checkouts for each order of the last 90 days.
REFUNDS, ENDED = 10, 2
# The oldest first, as their keys: {most} is the last number.
_PLACED = f"now() - ({{most}} - n) * interval '{DAYS} days' / {{most}}"
_KEY = "('01a00000-{turn}-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
_VARIANT = f"(SELECT keys[1 + mod(n * 7, {VARIANTS})] FROM bench_variants)"
COPIES: dict[str, dict[str, str]] = {
    "orders_checkoutsession": {
        "id": "key",
        "token": "key::text",
        "cart_id": "NULL",
        "quote_id": "NULL",
        "created_at": _PLACED,
    },
    "orders_order": {
        "id": "key",
        "checkout_id": "key",
        "transaction_id": "key::text",
        "number": "(SELECT max(number) FROM orders_order) + n",
        "secret": "key::text",
        "placed_at": _PLACED,
    },
    "orders_orderline": {
        "id": "key",
        "order_id": "key",
        "public_number": "1000000 + n",
        "variant_id": _VARIANT,
        "sku": f"'SKU-' || mod(n * 7, {VARIANTS})",
    },
    "orders_orderadjustment": {"id": "key", "order_id": "key"},
    "payments_payment": {"id": "key", "order_id": "key", "external_id": "key::text", "payable_id": "key"},
    "payments_refund": {
        "id": "key",
        "payment_id": "key",
        "dedupe_key": "key::text",
        "external_id": "key::text",
        "created_at": f"{_PLACED} + interval '3 days'",
    },
}


def make_template() -> dict[str, object]:
    """Sell, pay and refund one order by the shop's own verbs; return the key of the row of each table."""
    from orders.models import OrderAdjustment
    from shop.reports.tests.sold import paid, refund

    payment = paid()
    order = payment.order
    line = order.lines.get()
    return {
        "orders_checkoutsession": order.checkout_id,
        "orders_order": order.pk,
        "orders_orderline": line.pk,
        "orders_orderadjustment": OrderAdjustment.objects.get(order=order).pk,
        "payments_payment": payment.pk,
        "payments_refund": refund(payment, "84900.00").pk,
    }


def fill(template: dict[str, object], *, begin: int, number: int) -> None:
    """Write the orders from `begin` to `number` with all that belongs to them."""
    from django.db import connection

    key = _KEY.replace("{turn}", f"{1 if begin else 0:04}")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # Neither foreign keys nor triggers.
        for table, values in COPIES.items():
            statement = _copy(
                table, {name: text.replace("{most}", str(number)) for name, text in values.items()}
            )
            rows = f"generate_series({begin + 1}, %s)"
            statement = statement.replace("generate_series(1, %s)", rows)
            statement = statement.replace("md5('plan' || n)::uuid", key)
            if table == "payments_refund":
                statement += f" AND mod(n, {REFUNDS}) = 0"
            cursor.execute(statement, [number, template[table]])
        ended = {
            "id": "gen_random_uuid()",
            "token": "gen_random_uuid()::text",
            "status": "'expired'",
            "email": "CASE WHEN mod(n, 2) = 0 THEN '' ELSE email END",
            "created_at": "now() - mod(n, 89) * interval '1 day'",
        }
        statement = _copy("orders_checkoutsession", COPIES["orders_checkoutsession"] | ended)
        cursor.execute(statement, [(number - begin) * 90 // DAYS * ENDED, template["orders_checkoutsession"]])
        cursor.execute("SET session_replication_role = DEFAULT")


def pages() -> dict[str, Callable[[date, date], str]]:
    """Return the addresses of the pages, by name, of the days from one to another."""
    from django.urls import reverse

    def address(name: str, query: str = "") -> Callable[[date, date], str]:
        return lambda since, until: f"{reverse(name)}?from={since}&to={until}{query}"

    def rows(name: str) -> Callable[[date, date], str]:
        return lambda since, until: f"{reverse(name)}?day__gte={since}&day__lte={until}"

    return {
        "sales, 30 days": address("admin:reports_report_sales"),
        "sales, 2 years": lambda since, until: (
            f"{reverse('admin:reports_report_sales')}?from={until - timedelta(days=DAYS)}&to={until}"
        ),
        "products, 30 days": address("admin:reports_report_products"),
        "products, 12 months": lambda since, until: (
            f"{reverse('admin:reports_report_products')}?from={since - timedelta(days=335)}&to={until}"
        ),
        "categories, 30 days": address("admin:reports_report_products", "&by=category&order=amount"),
        "checkouts, 30 days": address("admin:reports_report_checkouts"),
        "file of sales": lambda since, until: (
            f"{reverse('admin:reports_report_file', args=['sales'])}?from={since}&to={until}"
        ),
        "entries of one day": lambda _since, until: rows("admin:reports_salesentry_changelist")(until, until),
        "entries, 12 months": lambda since, until: rows("admin:reports_salesentry_changelist")(
            since - timedelta(days=335), until
        ),
        "entries, 30 days": rows("admin:reports_salesentry_changelist"),
        "lines, 30 days": rows("admin:reports_soldline_changelist"),
        "lines of one day": lambda _since, until: rows("admin:reports_soldline_changelist")(until, until),
        "first page": lambda _since, _until: reverse("admin:index"),
    }


def measure(client: Any, rounds: int) -> dict[str, tuple[float, float, int]]:
    """Return by page: the median of milliseconds, that of the floor, and its statements."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    today = timezone.localdate()
    mine, empty = (today - timedelta(days=29), today), (date(2001, 1, 1), date(2001, 1, 30))
    found = {}
    for name, address in pages().items():
        client.get(address(*mine))
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address(*mine))
            statements = len(captured)
        assert answer.status_code == 200, (name, answer.status_code)
        times: tuple[list[float], list[float]] = ([], [])
        for _round in range(rounds):
            for spent, days in zip(times, (mine, empty), strict=True):
                begun = time.perf_counter()
                client.get(address(*days))
                spent.append((time.perf_counter() - begun) * 1000)
        found[name] = (*(statistics.median(spent) for spent in times), statements)
    return found


def staff() -> Any:
    """Return a signed-in client of a superuser."""
    from django.test import Client

    from shop.accounts.models import User

    user = User.objects.create_superuser("bench@example.com", "clave-segura-123")
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def timed(words: str, act: Callable[[], object]) -> float:
    """Run an act, print what it took, and return the seconds."""
    begun = time.perf_counter()
    answer = act()
    seconds = time.perf_counter() - begun
    print(f"{words:<40} {seconds:8.2f} s   {answer}", flush=True)
    return seconds


def count_all() -> object:
    """Have everything counted again, and wait for it."""
    from shop.reports import rebuilding

    rebuilding.begin_again()
    return rebuilding.catch_up(seconds=7200)


def one_change(order: object) -> float:
    """Return the median of milliseconds that the job takes for one changed order."""
    from shop.reports import rebuilding
    from shop.reports.models import ReportChange

    times = []
    for _round in range(15):
        ReportChange.objects.create(order_id=order)
        begun = time.perf_counter()
        rebuilding.catch_up()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def rules() -> list[str]:
    """Check the rules of the reports; return what is broken."""
    from inventory.checks import runner

    return [
        str(found)
        for rule in runner.rules()
        if rule.code.startswith("reports-")
        for found in runner._broken(rule, 5)
    ]


def main(options: argparse.Namespace) -> None:
    with servers() as address:
        from django.conf import settings

        settings.ALLOWED_HOSTS = ["*"]
        print(server_settings(address))
        variants = [variant for _level, variant in make_levels(VARIANTS)]
        keys = ",".join(str(variant) for variant in variants)
        run_sql(address, f"CREATE TABLE bench_variants AS SELECT '{{{keys}}}'::uuid[] AS keys")
        template, client, before, begin = make_template(), staff(), {}, 0
        for number in (options.orders // 100, options.orders):
            print(f"\n{number:,} orders")
            timed("written", partial(fill, template, begin=begin, number=number))
            begin = number
            run_sql(address, "VACUUM ANALYZE", "CHECKPOINT")
            timed("everything counted", count_all)
            run_sql(address, "VACUUM ANALYZE", "CHECKPOINT")
            print(f"one changed order: {one_change(template['orders_order']):.1f} ms")
            timed("rules checked", rules)
            found = measure(client, options.rounds)
            for name, (mine, floor, statements) in found.items():
                ratio = mine / floor
                growth = f"growth {ratio / before[name]:.2f}" if name in before else ""
                before[name] = ratio
                print(
                    f"{name:<22} {mine:7.1f} ms   floor {floor:7.1f} ms   ratio {ratio:5.2f}   "
                    f"{statements:>2} statements   {growth}"
                )


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Reports of many orders.")
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
