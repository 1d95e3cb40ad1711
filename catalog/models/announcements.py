"""The trigger that tells other systems of a changed product: whatever changes it, form, file, program or SQL.

One message for each product and transaction, however many of its rows change; nothing where no endpoint wants it.
"""

from typing import Final

import pgtrigger

TYPE: Final = "product.updated"
_WANTED: Final = f"endpoint.status = 'active' AND endpoint.types @> ARRAY['{TYPE}']::varchar[]"


def announce_product(key: str) -> pgtrigger.Trigger:
    """Return the trigger of a table whose rows name their product in the column `key`."""
    return pgtrigger.Trigger(
        name="announce_product",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=f"""
        IF NOT EXISTS (SELECT FROM core_outgoingendpoint AS endpoint WHERE {_WANTED})
           OR (TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at') THEN
            RETURN NULL;
        END IF;
        WITH message AS (
            INSERT INTO core_outgoingmessage (id, type, data, occurred_at, once)
            SELECT gen_random_uuid(), '{TYPE}',
                   jsonb_build_object('product', product.id, 'slug', product.slug, 'is_active', product.is_active),
                   now(), '{TYPE}:' || product.id || ':' || pg_current_xact_id()
              FROM catalog_product AS product
             WHERE product.id = CASE TG_OP WHEN 'DELETE' THEN OLD.{key} ELSE NEW.{key} END
            ON CONFLICT (once) DO UPDATE SET data = EXCLUDED.data
            RETURNING id
        )
        INSERT INTO core_outgoingdelivery
               (id, created_at, updated_at, message_id, endpoint_id,
                status, attempts, next_try_at, begun_at, began_with)
        SELECT gen_random_uuid(), now(), now(), message.id, endpoint.id, 'pending', 0, now(), now(), 0
          FROM message CROSS JOIN core_outgoingendpoint AS endpoint
         WHERE {_WANTED}
        ON CONFLICT (message_id, endpoint_id) DO NOTHING;
        RETURN NULL;
        """,  # noqa: S608  (the names are this module's own)
    )
