-- Freeze what the books expect at a location, or in one category and those below it there (path; '' for all).
-- One statement, hence one snapshot: a sale that goes on meanwhile is in all of it or in none. Locks no level.
INSERT INTO inventory_stockcountline
       (id, created_at, updated_at, stock_count_id, level_id, expected, counted, book, counted_at, counted_by,
        moved_meanwhile, is_unexpected, is_open)
SELECT gen_random_uuid(), statement_timestamp(), statement_timestamp(), %(count_id)s, level.id, level.on_hand,
       NULL, NULL, NULL, '', FALSE, FALSE, TRUE
  FROM inventory_stocklevel AS level
  JOIN catalog_variant AS variant ON variant.id = level.variant_id
  JOIN catalog_product AS product ON product.id = variant.product_id
  JOIN catalog_category AS category ON category.id = product.category_id
 WHERE level.location_id = %(location_id)s AND starts_with(category.path, %(path)s)
