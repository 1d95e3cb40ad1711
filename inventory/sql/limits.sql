-- Whether limits of sources hold for a product: those of all goods (in_terms[12], validate_source.sql), or of a drop that
-- is not over. Without a source (in_terms[2]) none holds.
-- Plain SQL, so that PostgreSQL writes it into the statement that asks, whose plan is kept.
CREATE OR REPLACE FUNCTION inventory_limits(in_product_id uuid, in_terms bigint[]) RETURNS TABLE (is_limited boolean)
LANGUAGE sql STABLE AS $function$
    SELECT in_terms[2] IS NOT NULL AND (in_terms[12] = 1 OR EXISTS (
               SELECT 1
                 FROM catalog_collectionproduct AS entry
                 JOIN catalog_collection AS collection ON collection.id = entry.collection_id
                WHERE entry.product_id = in_product_id AND collection.kind = 'drop' AND collection.is_active
                  AND (collection.ends_at IS NULL OR collection.ends_at > statement_timestamp())))
$function$
