"""Lists with facets, search and suggestions over 10,000 and 200,000 rows: `python -m benchmarks.search`.

200,000 rows are a million variants. The floor is the least Django page (`benchmarks/floor.py`: a session, six
statements, 29 KB) in the same process and run; every figure is a multiple of its median. The catalogue is written by
SQL with triggers off: 50,000 products of four colours and five sizes, words of garments and 20,000 names made of
syllables, prices, sales and stock by chance.
"""

import argparse
import random
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from benchmarks.environment import run_sql, server_settings, servers

# On a machine whose floor takes 4 ms: 60 ms and 25 ms.
LIST_MOST: Final = 15.0
SUGGEST_MOST: Final = 6.25
FLAT: Final = 1.2
MEMORY_MB: Final = 150
RECALL: Final = 0.95
SIZES: Final = 5
COLOURS: Final = 4
GARMENTS: Final = (
    "remera",
    "buzo",
    "campera",
    "pantalon",
    "jean",
    "bermuda",
    "vestido",
    "camisa",
    "gorra",
    "medias",
    "chaleco",
    "sweater",
    "pollera",
    "mochila",
)
EDITS: Final = "abcdefghijklmnopqrstuvwxyz"
SYLLABLES: Final = (
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "la",
    "me",
    "ni",
    "po",
    "ru",
    "sa",
    "te",
    "vi",
    "xo",
    "zu",
    "bra",
    "cle",
    "dri",
    "fro",
    "gru",
    "tra",
    "ple",
)

FIXED: Final = """
INSERT INTO catalog_brand (id, created_at, updated_at, name, slug, description)
SELECT gen_random_uuid(), now(), now(), 'Marca ' || n, 'marca-' || n, '' FROM generate_series(1, 60) n;
INSERT INTO catalog_category (path, depth, numchild, name, slug, path_slug, description, size_guide, is_active)
SELECT lpad(n::text, 4, '0'), 1, 0, 'Rubro ' || n, 'rubro-' || n, 'rubro-' || n, '', '{}', TRUE
  FROM generate_series(1, 40) n;
INSERT INTO catalog_option (id, created_at, updated_at, code, name, kind, sort_order)
VALUES (gen_random_uuid(), now(), now(), 'color', 'Color', 'colour', 0),
       (gen_random_uuid(), now(), now(), 'talle', 'Talle', 'size', 1);
INSERT INTO catalog_optionvalue (id, created_at, updated_at, option_id, code, name, swatch, sort_order)
SELECT gen_random_uuid(), now(), now(), o.id, o.kind || '-' || n,
       CASE o.kind WHEN 'size' THEN (34 + n)::text ELSE 'Tono ' || n END, '', n
  FROM catalog_option o CROSS JOIN generate_series(1, 24) n WHERE o.kind = 'colour' OR n <= 12
"""
PRODUCTS: Final = """
INSERT INTO catalog_product (id, created_at, updated_at, name, slug, brand_id, category_id, summary, description, care,
                             is_active, published_at)
SELECT gen_random_uuid(), now(), now(),
       (%(garments)s::text[])[(1 + n %% %(garment_count)s::int)::int]
       || ' ' || (%(names)s::text[])[(1 + (n * 7919) %% 20000)::int]
       || ' ' || (%(names)s::text[])[(1 + (n * 104729 / 7) %% 20000)::int],
       'p-' || n, brands.keys[(1 + n %% 60)::int], categories.keys[(1 + n %% 40)::int], 'Algodon peinado, corte amplio',
       '', '', TRUE,
       now() - (n %% 700) * interval '1 day' - n * interval '1 second'
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
 CROSS JOIN (SELECT array_agg(id ORDER BY slug) AS keys FROM catalog_brand) brands
 CROSS JOIN (SELECT array_agg(id ORDER BY slug) AS keys FROM catalog_category) categories
"""
VARIANTS: Final = """
WITH made AS (
    INSERT INTO catalog_variant (id, created_at, updated_at, product_id, sku, barcode, name, price, weight_grams,
                                 is_active, sort_order)
    SELECT gen_random_uuid(), now(), now(), p.id, upper(p.slug) || '-' || c || '-' || s, '', '',
           1000 + (hashtext(p.slug) & 65535), 0, TRUE, c * 10 + s
      FROM catalog_product p CROSS JOIN generate_series(1, {colours}) c CROSS JOIN generate_series(1, {sizes}) s
     WHERE NOT EXISTS (SELECT FROM catalog_variant v WHERE v.product_id = p.id)
    RETURNING id, product_id, sort_order
)
INSERT INTO catalog_variantvalue (variant_id, option_id, value_id)
SELECT made.id, o.id, v.id
  FROM made
  JOIN catalog_product p ON p.id = made.product_id
  JOIN catalog_option o ON o.kind = 'colour'
  JOIN catalog_optionvalue v ON v.option_id = o.id
   AND v.sort_order = 1 + (abs(hashtext(p.slug)) + made.sort_order / 10) % 24
"""
LISTING: Final = """
INSERT INTO catalog_listing (product_id, colour_id, is_shown, is_lead, name, price, published_at, sold_30d, units,
                             brand_id, category_ids, collection_ids, value_ids, in_stock_ids, words, card, document,
                             fingerprint, revision)
SELECT p.id, colour.id, TRUE, c = 1, p.name, 1000 + (hashtext(p.slug) & 65535), p.published_at,
       abs(hashtext(p.slug || c)) % 97, units.left, p.brand_id, ARRAY[p.category_id], '{{}}',
       ARRAY[colour.id] || sizes.keys,
       CASE WHEN units.left > 0 THEN ARRAY[colour.id] || sizes.keys[1:units.left] ELSE '{{}}' END,
       array_cat(string_to_array(lower(p.name), ' '), ARRAY['algodon', 'peinado', 'corte', 'amplio', 'tono']),
       jsonb_build_object('slug', p.slug, 'brand', 'Marca', 'published_at', p.published_at, 'windows', '[]'::jsonb,
                          'colour', jsonb_build_object('id', colour.id, 'name', colour.name, 'code', colour.code),
                          'parameter', 'color', 'has_price_range', FALSE, 'sizes', '[]'::jsonb, 'colours', '[]'::jsonb,
                          'images', '[]'::jsonb),
       setweight(to_tsvector('spanish', p.name) || to_tsvector('simple', p.name), 'A')
       || setweight(to_tsvector('spanish', 'Marca ' || p.summary || ' ' || colour.name)
                    || to_tsvector('simple', 'marca ' || p.summary || ' ' || colour.name), 'B'),
       'made', nextval('catalog_listing_revision')
  FROM catalog_product p
 CROSS JOIN generate_series(1, {colours}) c
 CROSS JOIN LATERAL (SELECT abs(hashtext(p.slug || c || 'u')) % 6 AS left) units
  JOIN catalog_optionvalue colour
    ON colour.code = 'colour-' || (1 + (abs(hashtext(p.slug)) + c) % 24)
 CROSS JOIN LATERAL (SELECT array_agg(v.id ORDER BY v.sort_order) AS keys FROM catalog_optionvalue v
                      WHERE v.code LIKE 'size-%'
                        AND v.sort_order BETWEEN 1 + abs(hashtext(p.slug)) % 8
                                             AND {sizes} + abs(hashtext(p.slug)) % 8) sizes
 WHERE NOT EXISTS (SELECT FROM catalog_listing l WHERE l.product_id = p.id)
 ORDER BY p.slug, c
"""


def names() -> list[str]:
    """Return 20,000 names, the same in each run."""
    chance, made = random.Random(13), set[str]()
    while len(made) < 20_000:
        made.add("".join(chance.choice(SYLLABLES) for _part in range(chance.randint(2, 5))))
    return sorted(made)


def fill(address: str, first: int, last: int) -> None:
    """Write the products with these numbers and their rows."""
    import psycopg

    from catalog.search.postgres import engine

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        values = {
            "names": names(),
            "garments": list(GARMENTS),
            "garment_count": len(GARMENTS),
            "first": first,
            "last": last,
        }
        connection.execute(PRODUCTS, values)
        parts = {"colours": COLOURS, "sizes": SIZES}
        connection.execute(VARIANTS.format(**parts))
        connection.execute(LISTING.format(**parts))
    run_sql(address, "VACUUM ANALYZE")
    engine.rebuild()


def requests(number: int) -> list[str]:
    """Return the queries of lists with three facets each, half of them with words; the same in each run."""
    chance, known = random.Random(17), names()
    queries = []
    for count in range(number):
        query = (
            f"color=colour-{chance.randint(1, 24)}&color=colour-{chance.randint(1, 24)}"
            f"&talle=size-{chance.randint(4, 9)}&precio_max={chance.choice((20000, 40000, 60000))}"
        )
        if chance.random() < 0.5:
            query += "&disponible=1"
        words = [
            "",
            chance.choice(GARMENTS),
            f"{chance.choice(GARMENTS)} algodon",
            f"{chance.choice(GARMENTS)} {chance.choice(known)[:4]}",
        ][count % 4]
        order = chance.choice(("", "&orden=precio", "&orden=vendido"))
        queries.append(query + (f"&q={words}" if words else "") + order)
    return queries


def timed(act: Callable[[str], Any], arguments: Sequence[str]) -> list[float]:
    """Return how many milliseconds each call took."""
    found = []
    for argument in arguments:
        begun = time.perf_counter()
        act(argument)
        found.append((time.perf_counter() - begun) * 1000)
    return found


def measure(rounds: int) -> dict[str, tuple[float, float]]:
    """Return median and p95 of each act as multiples of the floor's median, measured in turns."""
    from django.contrib.auth.models import AnonymousUser
    from django.test import RequestFactory

    from benchmarks.floor import page
    from catalog.views import lists, search

    factory = RequestFactory()

    def request(path: str) -> Any:
        made = factory.get(path)
        made.user = AnonymousUser()
        return made

    acts: dict[str, Callable[[str], Any]] = {
        "floor": lambda _query: page(request("/")),
        "list and search, three facets": lambda query: lists.read(
            request(f"/buscar/?{query}"), with_text=True
        ),
        "suggestions": lambda query: search.suggestions(request(f"/buscar/sugerencias/?{query}")),
    }
    chance, known = random.Random(19), names()
    beginnings = [
        f"q={chance.choice(known)[:number]}" for number in (2, 3, 4, 6) for _turn in range(rounds // 4)
    ]
    beginnings[::7] = [f"q={chance.choice(GARMENTS)[:3]}" for _query in beginnings[::7]]
    arguments = {
        "floor": [""] * rounds,
        "list and search, three facets": requests(rounds),
        "suggestions": beginnings,
    }
    for name, act in acts.items():
        timed(act, arguments[name][:20])
    times: dict[str, list[float]] = {name: [] for name in acts}
    for begin in range(0, rounds, 20):
        for name, act in acts.items():
            times[name] += timed(act, arguments[name][begin : begin + 20])
    floor = statistics.median(times["floor"])
    print(f"   floor page: median {floor:.1f} ms")
    return {
        name: (statistics.median(found) / floor, statistics.quantiles(found, n=20)[-1] / floor)
        for name, found in times.items()
    }


def recall(number: int) -> float:
    """Return which part of words with one edit is mended to the word that was meant."""
    from catalog.search import spelling

    chance, right, tried = random.Random(23), 0, 0
    known = [word for word in names() if len(word) >= spelling.SHORTEST]
    there = {*names()}
    while tried < number:
        word = chance.choice(known)
        place, letter = chance.randrange(len(word)), chance.choice(EDITS)
        forms = (
            word[:place] + word[place + 1 :],
            word[:place] + letter + word[place:],
            word[:place] + letter + word[place + 1 :],
            word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
        )
        typed = chance.choice(forms)
        if typed in there:
            continue
        tried += 1
        right += word in spelling.candidates(typed)[:5]
    return right / tried


def main(options: argparse.Namespace) -> None:
    missed = []
    with servers() as address:
        print(server_settings(address))
        run_sql(address, "SET session_replication_role = replica; " + FIXED)
        medians: dict[str, float] = {}
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        first = 1
        for rows in options.rows:
            fill(address, first, rows // COLOURS)
            first = rows // COLOURS + 1
            _forget()
            begun = time.perf_counter()
            _load()
            ready = time.perf_counter() - begun
            print(f"{rows:,} rows, {rows * SIZES:,} variants; a new process is ready after {ready:.2f} s")
            for name, (median, p95) in measure(options.rounds).items():
                growth = median / medians.setdefault(name, median)
                print(f"   {name:<32} median {median:.2f} × floor, p95 {p95:.2f} ×, growth {growth:.2f}")
                if p95 > {"suggestions": SUGGEST_MOST, "floor": 99.0}.get(name, LIST_MOST):
                    missed.append(f"{name} at {rows:,}: p95 {p95:.2f}")
                if name != "floor" and growth > FLAT:
                    missed.append(f"{name}: growth {growth:.2f}")
        memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
        found = recall(options.words)
        print(f"memory +{memory} MB; words with one edit that are mended: {found:.1%}")
        if memory > MEMORY_MB:
            missed.append(f"memory +{memory} MB")
        if found < RECALL:
            missed.append(f"recall {found:.1%}")
    if missed:
        raise SystemExit("; ".join(missed))


def _forget() -> None:
    from django.core.cache import cache

    from catalog.search.index import current

    cache.clear()
    current.forget()


def _load() -> None:
    from catalog.search import snapshots
    from catalog.search.index import current

    current.get(snapshots.load)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Lists and searches over many rows.")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 200_000])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--words", type=int, default=500)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
