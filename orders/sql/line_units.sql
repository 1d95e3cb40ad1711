-- What became of the units of a line of an order: one row, which `orders.fulfilment.remaining` explains.
--
-- Each sum is counted once, by an index. Plain SQL, so that PostgreSQL writes it into whatever asks; `OFFSET 0` keeps it
-- from counting a sum again wherever its figure is used. The view gives the row as a relation of its line.
CREATE OR REPLACE FUNCTION orders_line_units(
    in_line_id uuid, in_order_id uuid, in_variant_id uuid, in_replaces_id uuid, in_quantity integer
) RETURNS TABLE (refunded integer, refunded_sent integer, restocked integer, cancelled integer, cancelled_back integer,
                 picked integer, sent integer, came_back integer, prepared integer, packed integer, replaced integer,
                 paid_by_returns integer, came_by_returns integer, unsent integer, "left" integer)
LANGUAGE sql STABLE ROWS 1 AS $function$
    SELECT sums.refunded, sums.refunded_sent, sums.restocked, sums.cancelled, sums.cancelled_back, sums.picked,
           sums.sent, sums.came_back, sums.prepared, sums.packed, sums.replaced, sums.paid_by_returns,
           sums.came_by_returns, stay.unsent, greatest(stay.unsent - sums.prepared, 0)
      FROM (
        SELECT owed.refunded + paid.refunded AS refunded, owed.refunded_sent + paid.refunded_sent AS refunded_sent,
               owed.paid_by_returns, called_off.*, boxes.*, moved.restocked,
               (SELECT coalesce(sum(pick.quantity), 0)::integer
                  FROM orders_orderpick AS pick WHERE pick.line_id = in_line_id) AS picked,
               (SELECT count(*)::integer
                  FROM orders_replacement AS other
                 WHERE other.replaced_id = in_line_id AND other.dropped_at IS NULL) AS replaced,
               (SELECT coalesce(sum(came.quantity), 0)::integer
                  FROM orders_returnline AS asked JOIN orders_returnreceiptline AS came ON came.line_id = asked.id
                 WHERE asked.order_line_id = in_line_id)
               - (SELECT coalesce(sum(found.quantity), 0)::integer
                    FROM orders_returnline AS asked JOIN orders_inspection AS found ON found.line_id = asked.id
                   WHERE asked.order_line_id = in_line_id AND found.disposition = 'send_back') AS came_by_returns
          FROM (
            SELECT coalesce(sum(part.quantity) FILTER (WHERE box.has_left), 0)::integer AS sent,
                   coalesce(sum(part.quantity) FILTER (WHERE box.has_left AND box.status = 'returned'), 0)::integer
                       AS came_back,
                   coalesce(sum(part.quantity) FILTER (WHERE box.status = 'pending'), 0)::integer AS prepared,
                   coalesce(sum(part.packed) FILTER (WHERE box.status = 'pending'), 0)::integer AS packed
              FROM orders_shipmentline AS part
             CROSS JOIN LATERAL (
                SELECT one.status,
                       one.status IN ('shipped', 'delivered', 'returned') AND one.sent_again_at IS NULL AS has_left
                  FROM orders_shipment AS one WHERE one.id = part.shipment_id
             ) AS box
             WHERE part.order_line_id = in_line_id
          ) AS boxes,
          (
            -- What is owed has no refund yet; then the refund's lines say it, or the reimbursement's own go on counting.
            SELECT coalesce(sum(part.quantity) FILTER (WHERE back.status = 'owed' OR back.counts_itself), 0)::integer
                       AS refunded,
                   coalesce(sum(part.sent) FILTER (WHERE back.status = 'owed' OR back.counts_itself), 0)::integer
                       AS refunded_sent,
                   coalesce(sum(part.quantity) FILTER (
                       WHERE (back.status <> 'failed' OR back.counts_itself)
                         AND (EXISTS (SELECT 1 FROM orders_returndecision AS made WHERE made.reimbursement_id = back.id)
                              OR EXISTS (SELECT 1 FROM orders_claim AS claim WHERE claim.reimbursement_id = back.id))
                   ), 0)::integer AS paid_by_returns
              FROM orders_reimbursementline AS part JOIN orders_reimbursement AS back ON back.id = part.reimbursement_id
             WHERE part.order_line_id = in_line_id
          ) AS owed,
          (
            SELECT coalesce(sum(part.quantity), 0)::integer AS refunded,
                   coalesce(sum(part.sent), 0)::integer AS refunded_sent
              FROM payments_refundline AS part JOIN payments_refund AS back ON back.id = part.refund_id
             WHERE part.order_line_id = in_line_id AND back.status IN ('requested', 'pending', 'succeeded', 'manual')
          ) AS paid,
          (
            SELECT coalesce(sum(part.quantity), 0)::integer AS cancelled,
                   coalesce(sum(part.quantity) FILTER (WHERE back.counts_itself OR back.status <> 'failed'), 0)::integer
                       AS cancelled_back
              FROM orders_cancellationline AS part
              JOIN orders_cancellation AS act ON act.id = part.cancellation_id
              LEFT JOIN orders_reimbursement AS back ON back.id = act.reimbursement_id
             WHERE part.order_line_id = in_line_id
          ) AS called_off,
          (
            -- What was sold with the order has the order as its cause in the ledger; a unit that replaces another one,
            -- its line. An adjustment of the order: what was sent back to its buyer again, below zero.
            SELECT coalesce(sum(movement.quantity), 0)::integer AS restocked
              FROM inventory_stockmovement AS movement
             WHERE movement.cause_type IN ('orders.order', 'orders.orderline')
               AND movement.cause_id = CASE WHEN in_replaces_id IS NULL THEN in_order_id ELSE in_line_id END
               AND movement.variant_id = in_variant_id
               AND movement.kind IN ('customer_return', 'adjustment')
          ) AS moved
        OFFSET 0
      ) AS sums
     CROSS JOIN LATERAL (
        -- Refunded as sent: with the buyer while as many are out, or back in stock. Those whose parcel came back are not.
        SELECT least(sums.refunded_sent, greatest(sums.sent - sums.came_back - sums.paid_by_returns, 0)) AS units
     ) AS away
     CROSS JOIN LATERAL (
        SELECT sums.cancelled + greatest(
                   greatest(sums.refunded - sums.cancelled_back - sums.paid_by_returns,
                            sums.restocked - sums.cancelled - sums.came_by_returns) - away.units - sums.came_back, 0
               ) AS units
     ) AS gone
     CROSS JOIN LATERAL (SELECT greatest(in_quantity - sums.sent - gone.units, 0) AS unsent) AS stay
$function$;

CREATE OR REPLACE VIEW orders_lineunits AS
SELECT line.id AS line_id, units.*
  FROM orders_orderline AS line
 CROSS JOIN LATERAL orders_line_units(line.id, line.order_id, line.variant_id, line.replaces_id, line.quantity) AS units
