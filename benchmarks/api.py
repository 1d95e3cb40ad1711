"""The API over HTTP: lists and products of the catalogue, and adding to the cart: `python -m benchmarks.api`.

gunicorn with two workers, 8 requests in flight, 2,000 products with 10,000 variants. Each figure alternates with a
floor in the same run: for the catalogue the least Django that serves the same kind of page (a session, six statements,
29 KB of a template), for the cart the form of the pages. *new* is an address that nobody has asked for in this version
(`?n=1`), *first* one product after the other of a version that has just begun, *kept* an answer that was made before,
*304* one that the client has, *changing* the same address while the catalogue changes fifty times a second.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from itertools import count
from uuid import UUID

import psycopg

from benchmarks import drop
from benchmarks.environment import run_sql, server_settings, servers
from benchmarks.reserve import make_levels
from benchmarks.web import Answer, Client, in_flight, serve

PRODUCTS, SIZES, PICTURES = 2000, ("S", "M", "L", "XL", "XXL"), 3
UNCACHED, NOT_MODIFIED = 2.0, 12.0
LIST, ITEMS = "/api/v1/products", "/api/v1/cart/items"
_numbers = count()

Act = Callable[[Client], Answer]


def make_catalogue(number: int = PRODUCTS) -> tuple[list[str], str]:
    """Make so many products, in stock; return their slugs, and the key of a session that the floor reads."""
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone

    from catalog.models import Option, OptionValue, Product, ProductImage, Variant, VariantValue
    from catalog.tests.factories import BrandFactory, make_category
    from inventory import ledger
    from inventory.ledger.movements import Receipt
    from inventory.models import Location

    size = Option.objects.create(code="talle", name="Talle", kind=Option.Kind.SIZE)
    values = OptionValue.objects.bulk_create(
        OptionValue(option=size, code=name.lower(), name=name, sort_order=place)
        for place, name in enumerate(SIZES)
    )
    guide = {"columns": ["Talle", "Pecho"], "rows": [[name, "52"] for name in SIZES]}
    brand, category = BrandFactory.create(), make_category("Buzos", size_guide=guide)
    products = Product.objects.bulk_create(
        Product(
            name=f"Buzo {number}",
            slug=f"buzo-{number}",
            brand=brand,
            category=category,
            summary="Frisa pesada de algodón, corte ancho.",
            description="Frisa pesada de algodón, 420 g. Corte ancho, hombro caído, capucha doble. " * 4,
            published_at=timezone.now(),
        )
        for number in range(number)
    )
    ProductImage.objects.bulk_create(
        ProductImage(product=product, file=f"products/{product.slug}-{number}.jpg", width=1600, height=2000)
        for product in products
        for number in range(PICTURES)
    )
    variants = Variant.objects.bulk_create(
        Variant(product=product, sku=f"B{product.slug[5:]}-{value.name}", name=value.name, price="84900")
        for product in products
        for value in values
    )
    VariantValue.objects.bulk_create(
        VariantValue(variant=variant, option=size, value=values[number % len(values)])
        for number, variant in enumerate(variants)
    )
    place = Location.objects.create(code="catalogue", name="Catalogue")
    for begin in range(0, len(variants), 1000):
        lines = [
            Receipt(variant_id=variant.pk, location_id=place.pk, quantity=9)
            for variant in variants[begin : begin + 1000]
        ]
        ledger.receive_many(lines, actor="benchmark")
    session = SessionStore()
    session["cart"] = "x" * 30
    session.save()
    return [product.slug for product in products], str(session.session_key)


def fetch(path: str, client: Client, *, etag: str = "", cookies: str = "") -> Answer:
    headers = f"If-None-Match: {etag}\r\n" if etag else ""
    return client.get(path, cookies=cookies, headers=headers)


def add_by_api(variant: object, client: Client, *, prefer: str = "") -> Answer:
    """Put a unit into a new guest's cart."""
    body = f'{{"variant": "{variant}", "quantity": 1}}'
    return client.post_json(ITEMS, body, headers=f"{prefer}{drop.somebody()}")


def rate(acts: Sequence[Act], *, port: int, width: int, status: int) -> float:
    answers, seconds = in_flight(acts, port=port, width=width)
    bad = [answer for answer in answers if answer.status != status]
    if bad:
        raise SystemExit(f"{len(bad)} answers were not {status}: {bad[:2]}")
    return len(answers) / seconds


def compare(
    name: str, floor: Callable[[], float], ours: Callable[[], float], options: argparse.Namespace
) -> float:
    """Measure both in turns, print the medians, and return the median of the ratios."""
    rows = [(floor(), ours()) for _round in range(options.rounds)]
    least, mine = (statistics.median(column) for column in zip(*rows, strict=True))
    ratio = statistics.median(fast / bare for bare, fast in rows)
    print(f"{name:<30} {mine:>8,.0f}/s   floor {least:>7,.0f}/s   ratio {ratio:.2f}", flush=True)
    return ratio


def measure_catalogue(
    address: str, shop: int, floor: int, slugs: list[str], session: str, options: argparse.Namespace
) -> list[str]:
    """Measure lists and products; return what missed its goal."""
    bare = partial(fetch, "/page/", cookies=f"sessionid={session}")
    least = partial(rate, [bare] * options.requests, port=floor, width=options.width, status=200)
    ours = partial(rate, port=shop, width=options.width)
    missed = []

    def judge(name: str, measure: Callable[[], float], goal: float) -> None:
        ratio = compare(name, least, measure, options)
        if ratio < goal:
            missed.append(f"{name}: {ratio:.2f} of {goal:.0f} times the floor")

    judge("product, first", partial(_first, address, ours, slugs, options), UNCACHED)
    for name, path in (("list of 24", LIST), ("product", f"{LIST}/{slugs[0]}")):
        time.sleep(2)  # Every process has seen the last change.
        known = fetch(path, Client(shop)).etag
        same = [partial(fetch, path)] * 4 * options.requests
        unchanged = [partial(fetch, path, etag=known)] * 4 * options.requests
        kinds: tuple[tuple[str, Callable[[], float], float], ...] = (
            ("new", partial(_new, ours, path, options), UNCACHED),
            ("kept", partial(ours, same, status=200), 0),
            ("304", partial(ours, unchanged, status=304), NOT_MODIFIED),
            ("changing", partial(_while_changing, address, partial(ours, same, status=200)), 0),
        )
        for kind, measure, goal in kinds:
            judge(f"{name}, {kind}", measure, goal)
    return missed


def _first(
    address: str, ours: Callable[..., float], slugs: Sequence[str], options: argparse.Namespace
) -> float:
    """Measure products that nobody has asked for since the catalogue changed."""
    run_sql(address, "UPDATE catalog_brand SET name = name")
    time.sleep(2)  # Every process has seen it.
    return ours([partial(fetch, f"{LIST}/{slug}") for slug in slugs[: options.requests]], status=200)


def _new(ours: Callable[..., float], path: str, options: argparse.Namespace) -> float:
    acts = [partial(fetch, f"{path}?n={next(_numbers)}") for _number in range(options.requests)]
    return ours(acts, status=200)


def _while_changing(address: str, measure: Callable[[], float]) -> float:
    """Measure while the catalogue changes fifty times a second."""
    over = threading.Event()

    def change() -> None:
        with psycopg.connect(address, autocommit=True) as connection:
            while not over.wait(0.02):
                connection.execute("UPDATE catalog_brand SET name = name")

    thread = threading.Thread(target=change, daemon=True)
    thread.start()
    try:
        return measure()
    finally:
        over.set()
        thread.join()


def measure_cart(shop: int, variants: Sequence[UUID], options: argparse.Namespace) -> list[str]:
    """Measure adding by the API against adding by the form; return what missed its goal."""
    chosen = [variants[number % len(variants)] for number in range(options.requests)]

    def by(press: Callable[..., Answer], status: int) -> Callable[[], float]:
        return lambda: rate(
            [partial(press, variant) for variant in chosen], port=shop, width=options.width, status=status
        )

    compare("add, whole cart (to the form)", by(drop.add, 302), by(add_by_api, 201), options)
    brief = partial(add_by_api, prefer="Prefer: return=minimal\r\n")
    ratio = compare("add (to the form)", by(drop.add, 302), by(brief, 204), options)
    return [] if ratio >= 1 else [f"add: {ratio:.2f} of the form"]


def main(options: argparse.Namespace) -> None:
    limits = {"BEHIND_PROXY": "on", "TRUSTED_PROXY_COUNT": "1", "API_REQUESTS_PER_MINUTE": "1000000"}
    with (
        servers() as address,
        serve("shop.wsgi", **limits) as shop,
        serve("benchmarks.floor:application") as floor,
    ):
        from django.db import connection
        from django.utils import timezone

        from catalog.models import Product

        slugs, session = make_catalogue()
        variants = [variant for _level, variant in make_levels(200)]
        # Behind the catalogue's: the first page has products with all that a shop's have.
        Product.objects.filter(published_at=None).update(published_at=timezone.now() - timedelta(days=9))
        connection.close()
        print(server_settings(address))
        warm = [partial(fetch, f"{LIST}/{slug}") for slug in slugs[:200]]
        in_flight(warm, port=shop, width=options.width)
        page = fetch("/page/", Client(floor), cookies=f"sessionid={session}")
        print(f"the floor's page: {len(page.body):,} characters")
        missed = measure_catalogue(address, shop, floor, slugs, session, options)
        missed += measure_cart(shop, variants, options)
    if missed:
        raise SystemExit("; ".join(missed))


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The API over HTTP.")
    parser.add_argument("--requests", type=int, default=400, help="requests in each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--width", type=int, default=8)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
