-- Turn notes that mean several products (of a brand, a value, …) into one for each product, and delete them. Those of
-- single products come before those of many (later). Answers how many notes there were.
WITH taken AS (
    DELETE FROM catalog_listingmark WHERE kind NOT IN ('product', 'later') RETURNING kind, key
),
meant AS (
    SELECT 'product' AS kind, variant.product_id AS product
      FROM taken JOIN catalog_variant AS variant ON variant.id = taken.key::uuid
     WHERE taken.kind = 'variant'
     UNION
    SELECT 'product', entry.product_id
      FROM taken JOIN catalog_collectionproduct AS entry ON entry.collection_id = taken.key::uuid
     WHERE taken.kind = 'collection'
     UNION
    SELECT 'later', product.id
      FROM taken JOIN catalog_product AS product ON product.brand_id = taken.key::uuid
     WHERE taken.kind = 'brand'
     UNION
    SELECT 'later', product.id
      FROM taken JOIN catalog_product AS product ON product.category_id = taken.key::bigint
     WHERE taken.kind = 'category'
     UNION
    SELECT 'later', variant.product_id
      FROM taken
      JOIN catalog_variantvalue AS link ON link.value_id = taken.key::uuid
      JOIN catalog_variant AS variant ON variant.id = link.variant_id
     WHERE taken.kind = 'value'
     UNION
    SELECT 'later', variant.product_id
      FROM taken
      JOIN catalog_variantvalue AS link ON link.option_id = taken.key::uuid
      JOIN catalog_variant AS variant ON variant.id = link.variant_id
     WHERE taken.kind = 'option'
     UNION
    SELECT 'later', product_id
      FROM (SELECT id AS product_id FROM catalog_product UNION SELECT product_id FROM catalog_listing WHERE is_shown)
           AS everything
     WHERE EXISTS (SELECT FROM taken WHERE kind = 'all')
),
written AS (
    INSERT INTO catalog_listingmark (kind, key) SELECT kind, product::text FROM meant ORDER BY product
)
SELECT count(*) FROM taken
