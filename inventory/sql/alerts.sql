-- Measure every variant that has stock levels against the alerts that speak about it. One statement, one snapshot, no
-- locks. Answers the variants that are beyond their threshold, with the rule that says so.
--
-- What counts is what is sold from: sellable places, never quarantine. Units in a cart come back within minutes and
-- count as there, so that a crowded evening rings no bell; units held for a payment or by hand do not.
-- The nearest rule decides: the variant's own, else its category's, else the category above. A nearer rule that is
-- switched off silences the farther ones.
WITH carts AS (
    SELECT level_id, sum(quantity) AS units
      FROM inventory_reservation
     WHERE status = 'active' AND purpose = 'cart'
     GROUP BY level_id
),
figures AS (
    SELECT level.variant_id,
           sum(level.on_hand - level.reserved + coalesce(carts.units, 0)) AS available,
           sum(level.on_hand) AS on_hand,
           sum(level.minimum) AS minimum,
           sum(level.optimal) AS optimal
      FROM inventory_stocklevel AS level
      JOIN inventory_location AS location ON location.id = level.location_id
      LEFT JOIN carts ON carts.level_id = level.id
     WHERE inventory_sellable(location.is_sellable, location.kind)
     GROUP BY level.variant_id
),
reach AS MATERIALIZED (
    SELECT category.id AS category_id, rule.id AS rule_id, length(above.path) AS nearness
      FROM catalog_category AS category
      JOIN catalog_category AS above ON left(category.path, length(above.path)) = above.path
      JOIN inventory_stockalert AS rule ON rule.category_id = above.id
),
spoken AS (
    SELECT variant_id, id AS rule_id, 100000 AS nearness FROM inventory_stockalert WHERE variant_id IS NOT NULL
     UNION ALL
    SELECT variant.id, reach.rule_id, reach.nearness
      FROM catalog_variant AS variant
      JOIN catalog_product AS product ON product.id = variant.product_id
      JOIN reach ON reach.category_id = product.category_id
),
rules AS (
    SELECT DISTINCT ON (spoken.variant_id, rule.kind)
           spoken.variant_id, rule.id AS rule_id, rule.kind, rule.threshold, rule.email, rule.is_active
      FROM spoken
      JOIN inventory_stockalert AS rule ON rule.id = spoken.rule_id
      JOIN catalog_variant AS variant ON variant.id = spoken.variant_id
      JOIN catalog_product AS product ON product.id = variant.product_id
     WHERE variant.is_active AND product.is_active
     ORDER BY spoken.variant_id, rule.kind, spoken.nearness DESC
),
measured AS (
    SELECT rules.variant_id, rules.rule_id, rules.kind, rules.email,
           CASE rules.kind WHEN 'overstock' THEN figures.on_hand ELSE figures.available END AS figure,
           CASE rules.kind
                WHEN 'out' THEN 0
                WHEN 'low' THEN coalesce(rules.threshold, figures.minimum)
                ELSE coalesce(rules.threshold, nullif(figures.optimal, 0))
           END AS threshold
      FROM rules JOIN figures ON figures.variant_id = rules.variant_id
     WHERE rules.is_active
)
SELECT variant_id, rule_id, kind, email, figure, threshold
  FROM measured
 WHERE CASE kind WHEN 'out' THEN figure <= 0 WHEN 'low' THEN figure <= threshold ELSE figure > threshold END
 ORDER BY kind, variant_id
