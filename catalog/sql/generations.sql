-- Say which generation there is of everything that pages show: one row. Locks nothing.
--
-- catalogue   of what every page shows: how many changes were committed that are noted for no product, when the last was
--             made (microseconds since 1970, UTC), and how many openings and closings of drops have passed
-- stock       the same of every change, units that come to be few, or none, of any product, and the rows of the lists
-- products    such units by product (its key): those noted lately, which is within an hour at least
-- at          the database's clock, by which a page is made
-- hint, hinted_at  as of catalog_version
-- option_codes     the options, besides colours and sizes, by which a variant may be chosen in an address
CREATE OR REPLACE FUNCTION catalog_generations()
RETURNS TABLE (catalogue text, stock text, products jsonb, at timestamptz, hint smallint, hinted_at timestamptz,
               option_codes text[])
LANGUAGE plpgsql STABLE AS $function$
#variable_conflict use_column
DECLARE
    windows bigint;
BEGIN
    SELECT count(*) FILTER (WHERE drops.starts_at <= statement_timestamp())
           + count(*) FILTER (WHERE drops.ends_at <= statement_timestamp())
      INTO windows
      FROM catalog_collection AS drops
     WHERE drops.kind = 'drop' AND drops.is_active;
    SELECT concat_ws('.', coalesce(sum(noted.changes) FILTER (WHERE noted.product_id IS NULL), 0),
                     coalesce(max(noted.last) FILTER (WHERE noted.product_id IS NULL), 0), windows),
           concat_ws('.', coalesce(sum(noted.changes), 0), coalesce(max(noted.last), 0), windows,
                     (SELECT max(listing.revision) FROM catalog_listing AS listing)),
           coalesce(jsonb_object_agg(noted.product_id, noted.changes || '.' || noted.last)
                    FILTER (WHERE noted.product_id IS NOT NULL), '{}')
      INTO catalogue, stock, products
      FROM (SELECT change.product_id, sum(change.changes) AS changes,
                   (extract(epoch FROM max(change.changed_at)) * 1000000)::bigint AS last
              FROM catalog_catalogchange AS change
             GROUP BY change.product_id) AS noted;
    SELECT known.units, known.changed_at INTO hint, hinted_at FROM catalog_lowstockhint AS known WHERE known.id = 1;
    option_codes := ARRAY (SELECT option.code FROM catalog_option AS option WHERE option.kind NOT IN ('colour', 'size'));
    at := statement_timestamp();
    RETURN NEXT;
END
$function$
