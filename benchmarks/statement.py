"""The least SQL that reserves a unit and cannot oversell: the floor of every figure about reservations."""

from datetime import timedelta

TTL = timedelta(minutes=15)
BARE = """
WITH held AS (
    UPDATE inventory_stocklevel SET reserved = reserved + 1, updated_at = statement_timestamp()
     WHERE id = %(level)s AND on_hand - reserved >= 1
    RETURNING id, variant_id, location_id
)
INSERT INTO inventory_reservation
       (id, created_at, updated_at, level_id, variant_id, location_id, quantity, status, purpose, cart_id,
        first_held_at, expires_at, end_reason, ended_by, note, actor)
SELECT %(id)s, statement_timestamp(), statement_timestamp(), held.id, held.variant_id, held.location_id, 1, 'active',
       'cart', %(cart)s, statement_timestamp(), statement_timestamp() + %(ttl)s, '', '', '', 'benchmark'
  FROM held
RETURNING id
"""
