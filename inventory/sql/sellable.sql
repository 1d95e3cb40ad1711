-- Say whether units at a location may be sold: the location is switched on and is not quarantine. The one rule for every
-- statement and queryset (catalog/variants/availability.py: sold_from); of a row in memory: Location.is_sold_from.
-- Plain SQL of its arguments alone, so that PostgreSQL writes it into the statement that asks.
CREATE OR REPLACE FUNCTION inventory_sellable(in_is_sellable boolean, in_kind text)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
    SELECT in_is_sellable AND in_kind <> 'quarantine'
$function$
