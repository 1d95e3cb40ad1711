"""Triggers that refuse a purchase whose adjustments do not add up to its sums, for checkouts and orders alike."""

import pgtrigger

_ADD_UP = """
-- What the end of this function writes is right, and halfway through it is not.
IF pg_trigger_depth() > 1 THEN
    RETURN NULL;
END IF;
SELECT shipping_total, adjustment_total, shipping_name, currency INTO sums FROM {purchases} WHERE id = {row};
IF NOT FOUND THEN
    RETURN NULL;
END IF;
SELECT coalesce(sum(amount) FILTER (WHERE target = 'shipping'), 0) AS shipping,
       coalesce(sum(amount) FILTER (WHERE target <> 'shipping'), 0) AS others,
       coalesce(bool_or(kind = 'shipping' AND label = sums.shipping_name), false) AS is_named
  INTO kept FROM {adjustments} WHERE {key} = {row};
IF kept.others <> sums.adjustment_total THEN
    RAISE EXCEPTION 'percha: adjustments add up to %, not to %', kept.others, sums.adjustment_total
        USING ERRCODE = 'check_violation', CONSTRAINT = '{adjustments}_add_up';
END IF;
-- A process of the version before this table writes the shipping as a sum alone: its row follows.
IF kept.shipping <> sums.shipping_total OR (sums.shipping_name <> '' AND NOT kept.is_named) THEN
    DELETE FROM {adjustments} WHERE {key} = {row} AND target = 'shipping';
    IF sums.shipping_name <> '' OR sums.shipping_total <> 0 THEN
        INSERT INTO {adjustments} (id, created_at, updated_at, {key}, position, kind, source, label, target, unit,
                                   amount, tax, currency)
        VALUES (gen_random_uuid(), now(), now(), {row}, 0, 'shipping', '', sums.shipping_name, 'shipping', 0,
                sums.shipping_total, 0, sums.currency);
    END IF;
END IF;
RETURN NULL;
"""


def adds_up(name: str, *, of_rows: bool) -> pgtrigger.Trigger:
    """Return the trigger that compares rows and sums of a purchase when its transaction ends.

    `name` is the purchase's: "checkout" or "order". `of_rows`: for the table of the adjustments, otherwise for the one
    of the purchases.
    """
    purchases = {"checkout": "orders_checkoutsession", "order": "orders_order"}[name]
    key = f"{name}_id"
    row = f"coalesce(NEW.{key}, OLD.{key})" if of_rows else "NEW.id"
    changed = pgtrigger.UpdateOf("shipping_total", "adjustment_total", "shipping_name")
    return pgtrigger.Trigger(
        name="adjustments_add_up",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | (pgtrigger.Update | pgtrigger.Delete if of_rows else changed),
        timing=pgtrigger.Deferred,
        declare=[("sums", "record"), ("kept", "record")],
        func=_ADD_UP.format(purchases=purchases, adjustments=f"orders_{name}adjustment", key=key, row=row),
    )
