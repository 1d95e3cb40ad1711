"""A shop of many rows for the lists and the search (`benchmarks/search.py`): 200,000 are a million variants.

The catalogue is written by SQL with triggers off: products of four colours and five sizes, words of garments and 20,000
names made of syllables, prices, sales and stock by chance.
"""

import random
from typing import Final

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
  FROM catalog_option o CROSS JOIN generate_series(1, 24) n WHERE o.kind = 'colour' OR n <= 12;
INSERT INTO inventory_location (id, created_at, updated_at, name, code, kind, priority, is_sellable, address)
VALUES (gen_random_uuid(), now(), now(), 'Depósito', 'bench', 'warehouse', 0, TRUE, '')
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
INSERT INTO catalog_variant (id, created_at, updated_at, product_id, sku, barcode, name, price, weight_grams,
                             is_active, sort_order)
SELECT gen_random_uuid(), now(), now(), p.id, upper(p.slug) || '-' || c || '-' || s, '', '',
       1000 + (hashtext(p.slug) & 65535), 0, TRUE, c * 10 + s
  FROM {new} AS p CROSS JOIN generate_series(1, {colours}) c CROSS JOIN generate_series(1, {sizes}) s
"""
VALUES: Final = """
INSERT INTO catalog_variantvalue (variant_id, option_id, value_id)
SELECT variant.id, value.option_id, value.id
  FROM {new} AS p
  JOIN catalog_variant variant ON variant.product_id = p.id
 CROSS JOIN LATERAL (VALUES ('colour-' || (1 + (abs(hashtext(p.slug)) + variant.sort_order / 10) % 24)),
                            ('size-' || (variant.sort_order % 10 + abs(hashtext(p.slug)) % 8))) AS has (code)
  JOIN catalog_optionvalue value ON value.code = has.code
"""
STOCK: Final = """
INSERT INTO inventory_stocklevel (id, created_at, updated_at, variant_id, location_id, on_hand, reserved, minimum,
                                  optimal, bin)
SELECT gen_random_uuid(), now(), now(), variant.id, place.id,
       (variant.sort_order % 10 <= abs(hashtext(p.slug || variant.sort_order / 10 || 'u')) % 6)::int, 0, 0, 0, ''
  FROM {new} AS p
  JOIN catalog_variant variant ON variant.product_id = p.id
 CROSS JOIN (SELECT id FROM inventory_location WHERE code = 'bench') place
"""
PICTURES: Final = (
    '[{"file": "a.jpg", "width": 1200, "height": 1500}, {"file": "b.jpg", "width": 1200, "height": 1500}]'
)
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
                          'parameter', 'color', 'has_price_range', FALSE, 'sizes', sizes.dots, 'colours',
                          jsonb_build_array(jsonb_build_object('name', colour.name, 'swatch', '#335577')),
                          'images', '{pictures}'::jsonb),
       setweight(to_tsvector('spanish', p.name) || to_tsvector('simple', p.name)
                 || array_to_tsvector(ARRAY['=' || lower(p.name)]), 'A')
       || setweight(to_tsvector('spanish', 'Marca ' || p.summary || ' ' || colour.name)
                    || to_tsvector('simple', 'marca ' || p.summary || ' ' || colour.name), 'B'),
       'made', nextval('catalog_listing_revision')
  FROM {new} AS p
 CROSS JOIN generate_series(1, {colours}) c
 CROSS JOIN LATERAL (SELECT abs(hashtext(p.slug || c || 'u')) % 6 AS left) units
  JOIN catalog_optionvalue colour
    ON colour.code = 'colour-' || (1 + (abs(hashtext(p.slug)) + c) % 24)
 CROSS JOIN LATERAL (SELECT array_agg(v.id ORDER BY v.sort_order) AS keys,
                           jsonb_agg(jsonb_build_object('id', v.id, 'name', v.name, 'code', v.code, 'in_stock', TRUE)
                                     ORDER BY v.sort_order) AS dots
                      FROM catalog_optionvalue v
                      WHERE v.code LIKE 'size-%'
                        AND v.sort_order BETWEEN 1 + abs(hashtext(p.slug)) % 8
                                             AND {sizes} + abs(hashtext(p.slug)) % 8) sizes
 ORDER BY p.slug, c
"""


def names() -> list[str]:
    """Return 20,000 names, the same in each run."""
    chance, made = random.Random(13), set[str]()
    while len(made) < 20_000:
        made.add("".join(chance.choice(SYLLABLES) for _part in range(chance.randint(2, 5))))
    return sorted(made)


def fill(address: str, first: int, last: int) -> None:
    """Write the products with these numbers, their variants and stock, and their rows."""
    import psycopg

    values = {
        "names": names(),
        "garments": list(GARMENTS),
        "garment_count": len(GARMENTS),
        "first": first,
        "last": last,
    }
    new = f"(SELECT * FROM catalog_product WHERE substr(slug, 3)::int BETWEEN {first} AND {last})"
    parts = {"colours": COLOURS, "sizes": SIZES, "new": new, "pictures": PICTURES}
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica; SET statement_timeout = 0")
        connection.execute(PRODUCTS, values)
        connection.execute("ANALYZE")
        for statement in (VARIANTS, VALUES, STOCK, LISTING):
            connection.execute(statement.format(**parts))
        connection.execute("VACUUM ANALYZE")
