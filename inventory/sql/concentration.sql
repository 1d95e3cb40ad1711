-- Tell of each visible drop which sources hold much of what is left of it: rows with at least %(percent)s per cent, the
-- greatest first. Locks nothing. Addresses stand here as digests, which are not told.
--
-- scope  ip, network or person (the confirmed e-mail, or the account that has none)
-- units  what the source holds now; of_units  what lies on the sellable shelves, held or free
WITH reservations AS MATERIALIZED (
    SELECT entry.collection_id, reservation.quantity, reservation.cart_id, reservation.source_ip, reservation.source_network,
           coalesce(reservation.source_email::text, reservation.source_account::text) AS person
      FROM inventory_reservation AS reservation
      JOIN catalog_variant AS variant ON variant.id = reservation.variant_id
      JOIN catalog_collectionproduct AS entry ON entry.product_id = variant.product_id
      JOIN catalog_collection AS collection ON collection.id = entry.collection_id
     WHERE reservation.status = 'active' AND reservation.source_network IS NOT NULL AND reservation.expires_at > statement_timestamp()
       AND collection.kind = 'drop' AND collection.is_active
),
sources AS (
    SELECT collection_id, 'ip' AS scope, source_ip::text AS source, quantity, cart_id FROM reservations
     UNION ALL
    SELECT collection_id, 'network', source_network::text, quantity, cart_id FROM reservations
     UNION ALL
    SELECT collection_id, 'person', person, quantity, cart_id FROM reservations WHERE person IS NOT NULL
),
sums AS (
    SELECT collection_id, scope, source, sum(quantity) AS units, count(DISTINCT cart_id) AS carts
      FROM sources
     GROUP BY collection_id, scope, source
),
stock AS (
    SELECT entry.collection_id, sum(level.on_hand) AS units
      FROM catalog_collectionproduct AS entry
      JOIN catalog_variant AS variant ON variant.product_id = entry.product_id
      JOIN inventory_stocklevel AS level ON level.variant_id = variant.id
      JOIN inventory_location AS location ON location.id = level.location_id
     WHERE entry.collection_id IN (SELECT collection_id FROM reservations)
       AND inventory_sellable(location.is_sellable, location.kind)
     GROUP BY entry.collection_id
)
SELECT collection.id, collection.name, sums.scope, sums.units, stock.units AS of_units, sums.carts
  FROM sums
  JOIN stock ON stock.collection_id = sums.collection_id
  JOIN catalog_collection AS collection ON collection.id = sums.collection_id
 WHERE sums.units * 100 >= stock.units * %(percent)s
 ORDER BY sums.units::numeric / greatest(stock.units, 1) DESC, sums.scope, collection.id
 LIMIT 10
