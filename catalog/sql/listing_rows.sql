-- Write rows of the lists (in_rows: a JSON array, catalog/listing/rows.py) of these products, and take out what they no
-- longer have. One statement, called by one job at a time (its advisory lock), so that revisions grow in the order of
-- commits. Rows that are as they were are left alone. Answers the keys of the rows that
-- were written, and of those that were taken out.
WITH incoming AS MATERIALIZED (
    SELECT *
      FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (
           product_id uuid, colour_id uuid, is_lead boolean, name text, price numeric, price_before numeric,
           published_at timestamptz, units integer, brand_id uuid, category_ids bigint[], collection_ids uuid[],
           value_ids uuid[], in_stock_ids uuid[], words text[], card jsonb, place integer, fingerprint text,
           name_text text, name_folded text, other_text text, other_folded text)
),
dressed AS MATERIALIZED (
    SELECT incoming.*,
           setweight(to_tsvector(%(config)s::regconfig, name_text) || to_tsvector(%(config)s::regconfig, name_folded)
                     || to_tsvector('simple', name_folded), 'A')
           || setweight(to_tsvector(%(config)s::regconfig, other_text) || to_tsvector(%(config)s::regconfig, other_folded)
                        || to_tsvector('simple', other_folded), 'B')
           -- The whole name as one lexeme: what is called exactly as it was searched is found by it.
           || array_to_tsvector(ARRAY['=' || name_folded]) AS document
      FROM incoming
),
changed AS (
    UPDATE catalog_listing AS listing
       SET is_shown = TRUE, is_lead = dressed.is_lead, name = dressed.name, price = dressed.price,
           price_before = dressed.price_before, published_at = dressed.published_at, units = dressed.units,
           brand_id = dressed.brand_id, category_ids = dressed.category_ids, collection_ids = dressed.collection_ids,
           value_ids = dressed.value_ids, in_stock_ids = dressed.in_stock_ids, words = dressed.words, card = dressed.card,
           document = dressed.document, fingerprint = dressed.fingerprint,
           revision = nextval('catalog_listing_revision')
      FROM dressed
     WHERE listing.product_id = dressed.product_id AND listing.colour_id IS NOT DISTINCT FROM dressed.colour_id
       AND (listing.fingerprint <> dressed.fingerprint OR NOT listing.is_shown)
    RETURNING listing.ordinal
),
gone AS (
    UPDATE catalog_listing AS listing
       SET is_shown = FALSE, is_lead = FALSE, units = 0, category_ids = '{}', collection_ids = '{}', value_ids = '{}',
           in_stock_ids = '{}', words = '{}', card = '{}', document = '', fingerprint = '',
           revision = nextval('catalog_listing_revision')
     WHERE listing.product_id = ANY (%(products)s::uuid[]) AND listing.is_shown
       AND NOT EXISTS (SELECT FROM incoming
                        WHERE incoming.product_id = listing.product_id
                          AND incoming.colour_id IS NOT DISTINCT FROM listing.colour_id)
    RETURNING listing.ordinal
),
added AS (
    INSERT INTO catalog_listing
           (product_id, colour_id, is_shown, is_lead, name, price, price_before, published_at, units, brand_id,
            category_ids, collection_ids, value_ids, in_stock_ids, words, card, document, fingerprint, revision)
    SELECT product_id, colour_id, TRUE, is_lead, name, price, price_before, published_at, units, brand_id, category_ids,
           collection_ids, value_ids, in_stock_ids, words, card, document, fingerprint,
           nextval('catalog_listing_revision')
      FROM dressed
     WHERE NOT EXISTS (SELECT FROM catalog_listing AS listing
                        WHERE listing.product_id = dressed.product_id
                          AND listing.colour_id IS NOT DISTINCT FROM dressed.colour_id)
     ORDER BY product_id, place
    RETURNING ordinal
),
-- A list or an answer that was made between the change and these rows is of another version of the catalogue. Pages of
-- products read no rows: the note is of no product (`LONG_AGO`), so that theirs stay (catalog/sql/generations.sql).
noted AS (
    INSERT INTO catalog_catalogchange (changes, changed_at, product_id)
    SELECT 1, clock_timestamp(), '00000000-0000-0000-0000-000000000000'::uuid
     WHERE EXISTS (SELECT FROM changed) OR EXISTS (SELECT FROM gone) OR EXISTS (SELECT FROM added)
)
SELECT ARRAY (SELECT ordinal FROM changed UNION ALL SELECT ordinal FROM added), ARRAY (SELECT ordinal FROM gone)
