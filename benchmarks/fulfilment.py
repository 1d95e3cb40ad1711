"""A drop's orders packed, labelled and sent in one sitting, beside 100,000 old ones: `python -m benchmarks.fulfilment`.

Orders are sold by the shop's own verbs, some of them are on their way. The pages are opened first while nothing else is
there, then beside old orders that were delivered and others on their way (one by the verbs, the others copied from it
with triggers off, with their stock's movements). The *floor* of each page is a list of the back office that has nothing
of orders, opened alternately, so that other load on the machine cancels out: *growth* is what the ratio to it gained;
beside it stand the statements of a page, which load cannot change. Then all open orders are prepared, labelled (one
PDF), packed, sent and delivered. The floor of these acts is the least that keeps the same promises: a transaction for
each order that locks it, writes what the act writes and records it, through psycopg. The PDF is made in a process of
its own, whose growth is printed.
"""

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.due_installments import _copy
from benchmarks.environment import server_settings, servers

MOST_GROWTH = 1.5  # Of a page's ratio to the floor, from none to all old orders.
MOST_MEMORY = 150  # MiB that the labels may add to a process.
STAFF = "staff:bench@example.com"
SHOWN = 250  # On their way from the beginning, so that the page of them is full in both measurements.
# One order for five minutes, the newest first; those up to {way} are on their way.
PLACED = "now() - n * interval '5 minutes' - interval '1 day'"
ON_THE_WAY = "CASE WHEN n <= {way} THEN '%s' ELSE template.\"status\" END"
COPIES = {
    "orders_checkoutsession": {
        "id": "key",
        "token": "key::text",
        "cart_id": "NULL",
        "quote_id": "NULL",
        "created_at": PLACED,
    },
    "orders_order": {
        "id": "key",
        "checkout_id": "key",
        "transaction_id": "key::text",
        "number": "(SELECT max(number) FROM orders_order) + n",
        "secret": "key::text",
        "status": ON_THE_WAY % "confirmed",
        "placed_at": PLACED,
    },
    "orders_orderline": {"id": "key", "order_id": "key", "public_number": "1000000 + {begin} + n"},
    "orders_shipment": {
        "id": "key",
        "order_id": "key",
        "dedupe_key": "key::text",
        "status": ON_THE_WAY % "shipped",
        "created_at": PLACED,
        "packed_at": PLACED,
        "shipped_at": PLACED,
        "delivered_at": f"CASE WHEN n > {{way}} THEN {PLACED} END",
    },
    "orders_shipmentline": {"id": "key", "shipment_id": "key", "order_line_id": "key"},
    "orders_parcel": {"id": "key", "shipment_id": "key"},
    "core_event": {"id": "key", "trail": "key", "subject_id": "key"},
    "payments_paymentattempt": {
        "id": "key",
        "token": "key::text",
        "checkout_id": "key",
        "external_id": "key::text",
        "payable_id": "key",
    },
    "payments_payment": {
        "id": "key",
        "order_id": "key",
        "attempt_id": "key",
        "external_id": "key::text",
        "payable_id": "key",
    },
}
# Before all other movements of the level: units that came, and the sale of them, so that the ledger stays right.
MOVEMENTS = """
INSERT INTO inventory_stockmovement (id, kind, quantity, reference, cause_type, cause_id, note, actor, occurred_at,
                                     on_hand_after, level_id, location_id, variant_id)
SELECT turn - 2 * ({begin} + n), kind, units, '', cause,
       CASE WHEN cause = 'orders.order' THEN md5('{salt}' || n)::uuid END, '', 'bench', now() - interval '1 year',
       greatest(units, 0), level_id, location_id, variant_id
  FROM generate_series(1, %s) AS n
 CROSS JOIN (VALUES (0, 'purchase', 2, ''), (1, 'sale', -2, 'orders.order')) AS pair (turn, kind, units, cause)
 CROSS JOIN (SELECT level_id, location_id, variant_id FROM inventory_stockmovement WHERE kind = 'sale' LIMIT 1) AS one
"""
FLOOR = (
    "SELECT 1 FROM orders_order WHERE id = %(order)s FOR UPDATE",
    "SELECT 1 FROM orders_orderhold WHERE order_id = %(order)s AND status = 'active'",
    "SELECT sum(quantity) FROM orders_orderline WHERE order_id = %(order)s",
    "UPDATE orders_order SET updated_at = now() WHERE id = %(order)s",
    """INSERT INTO core_event (id, occurred_at, subject_type, subject_id, kind, actor, reason, data, field, from_state,
                              to_state)
       VALUES (gen_random_uuid(), now(), 'bench', %(order)s, 'floor', 'bench', '', '{}', '', '', '')""",
)


def sell(number: int) -> None:
    """Sell so many orders of two units by the shop's own verbs, each paid."""
    from orders.tests.admin.test_orders import pay
    from orders.tests.factories import make_cart, make_order, make_variant
    from payments.models import Refund

    variant = make_variant(units=2 * number)
    for at in range(number):
        pay(make_order(make_cart((variant, 2))), f"bench{at}")
    Refund.objects.all().delete()


def deliver_one() -> dict[str, object]:
    """Send and deliver the newest order; return the key of the row of each table that is to be copied."""
    from orders.fulfilment import shipments
    from orders.models import Order
    from shop.core.models import Event

    order = Order.objects.latest("placed_at")
    shipment = shipments.prepare(order, key="bench", actor=STAFF)
    shipments.ship(shipment, actor=STAFF, mails_buyer=False)
    shipments.deliver(shipment, actor=STAFF)
    line = shipment.lines.get()
    payment = order.payments.get()  # type: ignore[attr-defined]
    return {
        "orders_checkoutsession": order.checkout_id,
        "orders_order": order.pk,
        "orders_orderline": line.order_line_id,
        "orders_shipment": shipment.pk,
        "orders_shipmentline": line.pk,
        "orders_parcel": shipment.parcels.get().pk,
        "core_event": Event.objects.filter(trail=order.checkout_id).latest("occurred_at").pk,
        "payments_paymentattempt": payment.attempt_id,
        "payments_payment": payment.pk,
    }


def fill(template: dict[str, object], number: int, *, begin: int, way: int) -> None:
    """Copy the delivered order so many times, with all that belongs to it; the first `way` are on their way."""
    from django.db import connection

    salt = f"bench{begin}-"
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # Neither foreign keys nor triggers.
        for table, values in COPIES.items():
            known = {name: text.format(begin=begin, way=way) for name, text in values.items()}
            statement = _copy(table, known).replace("md5('plan' || n)", f"md5('{salt}' || n)")
            cursor.execute(statement, [number, template[table]])
        cursor.execute(MOVEMENTS.format(begin=begin, salt=salt), [number])
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")


def pages() -> dict[str, str]:
    """Return the addresses of the pages by name; the floor is a list of the back office without anything of orders."""
    from django.urls import reverse

    from orders.fulfilment import queues
    from orders.models import Order

    address = reverse("admin:orders_shipment_queues")
    order = Order.objects.filter(status="confirmed", shipments=None).earliest("placed_at")
    orders = reverse("admin:orders_order_changelist")
    return {
        "floor": reverse("admin:inventory_location_changelist"),
        **{queue.code: f"{address}?queue={queue.code}" for queue in queues.QUEUES},
        "pick list": reverse("admin:orders_order_pick"),
        "orders": orders,
        "of a day": f"{orders}?placed_at__year={order.placed_at.year}&placed_at__month={order.placed_at.month}",
        "may be sent": f"{orders}?sending=free",
        "shipments": reverse("admin:orders_shipment_changelist"),
        "order": reverse("admin:orders_order_change", args=[order.pk]),
        "buyer's": order.get_absolute_url(),
    }


def open_pages(client: Any, rounds: int) -> dict[str, tuple[float, int]]:
    """Return the best ratio of each page to the floor opened just before it, and its statements."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    addresses = pages()
    floor = addresses.pop("floor")
    found = {}
    for name, address in addresses.items():
        ratios = []
        for _round in range(rounds):
            least = _seconds(lambda: client.get(floor))
            ratios.append(_seconds(lambda address=address: client.get(address)) / least)  # type: ignore[misc]
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        found[name] = (sorted(ratios)[len(ratios) // 2], len(captured))
    return found


def _seconds(act: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def floor_of(address: str, orders: Sequence[Any]) -> float:
    """Return the seconds that the least statements need for so many orders, a transaction each."""
    import psycopg

    with psycopg.connect(address) as link:
        link.prepare_threshold = None
        begun = time.perf_counter()
        for order in orders:
            for statement in FLOOR:
                link.execute(statement, {"order": order})  # type: ignore[arg-type]
            link.commit()
        return time.perf_counter() - begun


def print_labels(queue: Any) -> None:
    """Make the labels of all shipments as one PDF in this process; report pages, bytes and growth in MiB."""
    from pypdf import PdfReader

    from orders.fulfilment import documents, labels_pdf
    from orders.models import Shipment

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = documents.printable(Shipment.objects.filter(status="pending"))
    # Half of them as a carrier sells them, a file for each.
    bought = {row.pk: documents.own_labels([row]) for row in rows[::2]}
    made = labels_pdf.all_in_one(rows, bought=bought)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    from io import BytesIO

    queue.put((len(PdfReader(BytesIO(made.pdf)).pages), len(made.pdf), grown))


def send_all(address: str) -> None:
    """Prepare, label, pack, send and deliver all open orders; print each act's pace and its ratio to the floor."""
    from django.db import connections

    from orders.fulfilment import bulk
    from orders.models import Order, Shipment

    orders = list(Order.objects.filter(status="confirmed", shipments=None).values_list("pk", flat=True))
    least = floor_of(address, orders)
    print(f"{'floor':<10} {len(orders):>6} in {least:6.2f} s")

    def measured(name: str, act: Callable[[], Any]) -> None:
        begun = time.perf_counter()
        outcome = act()
        seconds = time.perf_counter() - begun
        print(
            f"{name:<10} {len(orders):>6} in {seconds:6.2f} s   {seconds / least:5.1f} × the floor",
            flush=True,
        )
        if len(outcome.done) != len(orders):
            raise SystemExit(f"{name}: only {len(outcome.done)} were done: {outcome.refused[:3]}")

    measured("prepare", lambda: bulk.prepare(orders, form="bench", actor=STAFF))
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    queue = fork.Queue()
    begun = time.perf_counter()
    child = fork.Process(target=print_labels, args=(queue,))
    child.start()
    number, size, grown = queue.get(timeout=600)
    child.join()
    seconds = time.perf_counter() - begun
    print(f"{'labels':<10} {number:>6} in {seconds:6.2f} s   {size / 1e6:.1f} MB, grew by {grown:.0f} MiB")
    if grown > MOST_MEMORY or number < len(orders):
        raise SystemExit("the labels need too much memory, or some are missing")
    keys = list(Shipment.objects.filter(status="pending").values_list("pk", flat=True))
    numbers = {key: f"RA{at:09}AR" for at, key in enumerate(keys)}
    measured("pack", lambda: bulk.pack(keys, actor=STAFF))
    measured("send", lambda: bulk.ship(keys, numbers=numbers, actor=STAFF))
    measured("deliver", lambda: bulk.deliver(keys, actor=STAFF))


def main(options: argparse.Namespace) -> None:
    with servers() as address:
        from django.template import engines

        from shop.accounts.tests.staff_clients import boss

        # As in production: compiled templates are kept.
        engine = engines["django"].engine
        cached = ("django.template.loaders.cached.Loader", engine.loaders)
        engine.template_loaders = engine.get_template_loaders([cached])
        sell(options.open + 1)
        template = deliver_one()
        fill(template, SHOWN, begin=0, way=SHOWN)
        client = boss()
        client.defaults["HTTP_HOST"] = "localhost"
        open_pages(client, 2)
        before = open_pages(client, options.rounds)
        begun = time.perf_counter()
        fill(template, options.orders, begin=SHOWN, way=options.way)
        print(
            f"{options.orders:,} old orders in {time.perf_counter() - begun:.0f} s. {server_settings(address)}"
        )
        open_pages(client, 2)
        after = open_pages(client, options.rounds)
        print(f"{'page':<12} {'alone':>7} {'beside':>7} {'growth':>7} {'statements':>11}")
        failed = []
        for name, (ratio, statements) in after.items():
            growth = ratio / before[name][0]
            print(
                f"{name:<12} {before[name][0]:>7.2f} {ratio:>7.2f} {growth:>7.2f} {before[name][1]:>5} {statements:>5}"
            )
            if growth > MOST_GROWTH or statements != before[name][1]:
                failed.append(name)
        send_all(address)
        if failed:
            raise SystemExit(f"these grow with the old orders: {', '.join(failed)}")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A drop's orders, sent beside old ones.")
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--way", type=int, default=2_000, help="of the old orders, how many are on their way")
    parser.add_argument("--open", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=9)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
