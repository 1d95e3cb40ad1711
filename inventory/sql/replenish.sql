-- What is missing where: optimal − available − on order, for each stock level that knows its optimum. Locks nothing.
-- Units in drafts are not on order yet; they stand beside, so that nobody drafts the same twice.
SELECT level.id, level.variant_id, level.location_id, location.name,
       variant.sku, product.name, variant.name, supplier.id, coalesce(supplier.name, ''),
       level.on_hand - level.reserved AS available, level.minimum, level.optimal,
       coalesce(coming.ordered, 0) AS on_order, coalesce(coming.drafted, 0) AS drafted,
       bought.unit_cost AS unit_cost
  FROM inventory_stocklevel AS level
  JOIN inventory_location AS location ON location.id = level.location_id
  JOIN catalog_variant AS variant ON variant.id = level.variant_id
  JOIN catalog_product AS product ON product.id = variant.product_id
  LEFT JOIN catalog_supplier AS supplier ON supplier.id = product.supplier_id
  LEFT JOIN (SELECT line.variant_id, purchase.location_id,
                    sum(greatest(line.quantity - line.received, 0)) FILTER (WHERE purchase.status <> 'draft') AS ordered,
                    sum(line.quantity) FILTER (WHERE purchase.status = 'draft') AS drafted
               FROM inventory_purchaseorderline AS line
               JOIN inventory_purchaseorder AS purchase ON purchase.id = line.order_id
              WHERE purchase.status IN ('draft', 'ordered', 'partly')
              GROUP BY line.variant_id, purchase.location_id) AS coming
    ON coming.variant_id = level.variant_id AND coming.location_id = level.location_id
  LEFT JOIN LATERAL (SELECT movement.unit_cost
                       FROM inventory_stockmovement AS movement
                      WHERE movement.variant_id = level.variant_id AND movement.kind = 'purchase' AND movement.quantity > 0
                        AND movement.unit_cost IS NOT NULL
                      ORDER BY movement.id DESC
                      LIMIT 1) AS bought ON TRUE
 WHERE variant.is_active AND product.is_active
   AND level.optimal > level.on_hand - level.reserved + coalesce(coming.ordered, 0)
   AND (%(location_id)s::uuid IS NULL OR level.location_id = %(location_id)s::uuid)
   AND (%(supplier_id)s::uuid IS NULL OR product.supplier_id = %(supplier_id)s::uuid)
   AND (NOT %(below_minimum)s
        OR level.minimum > 0 AND level.on_hand - level.reserved + coalesce(coming.ordered, 0) <= level.minimum)
 ORDER BY supplier.name NULLS LAST, location.priority, location.name, product.name, variant.sort_order, variant.sku
