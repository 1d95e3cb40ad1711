"""What has changed in the catalogue: rows that triggers insert, from which its version is counted.

The version is the sum of `changes` over all rows (`catalog/sql/version.sql`). A row is inserted by the transaction that
makes a change and becomes visible with it, so that the sum grows with every commit that changes something, in whatever
order transactions commit. Rows are inserted and never updated: nobody waits for anybody.

Units that come to be few, or none, are noted for their product, so that the pages of other products stay as they are
(`catalog.listing.generations`); everything else is noted for all.
"""

from typing import Final
from uuid import UUID

import pgtrigger
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.listing_marks import MARK

# The most that the setting LOW_STOCK_HINT may be; a level with more left can end no bucket of availability.
MOST_HINTED: Final = 100
# Of notes for products that are old enough that no page depends on them alone.
LONG_AGO: Final = UUID(int=0)
NOTE: Final = "INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp());"


class CatalogChange(models.Model):
    """So many changes of the catalogue, the last at `changed_at`. Old rows are added up by a job.

    `product_id` is no foreign key: of units of this product alone; none: of whatever every page shows.
    """

    id = models.BigAutoField(primary_key=True)
    changes = models.BigIntegerField(db_default=1)
    changed_at = models.DateTimeField()
    product_id = models.UUIDField(null=True, editable=False)

    class Meta:
        verbose_name = _("change of the catalogue")
        verbose_name_plural = _("changes of the catalogue")

    def __str__(self) -> str:
        return f"{self.changes} · {self.changed_at}"


class LowStockHint(models.Model):
    """The setting LOW_STOCK_HINT as the trigger of stock levels reads it: one row, key 1, since `changed_at`.

    Without it the trigger takes `MOST_HINTED`.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    units = models.SmallIntegerField(validators=[MaxValueValidator(MOST_HINTED)])
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("low stock hint")
        verbose_name_plural = _("low stock hints")

    def __str__(self) -> str:
        return str(self.units)


def changes_catalogue(
    operation: pgtrigger.Operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
) -> pgtrigger.Trigger:
    """Return the trigger that notes a change for each statement which writes the table, however many rows it has."""
    return pgtrigger.Trigger(
        name="changes_catalogue",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        func=f"{NOTE} RETURN NULL;",
    )


def changes_availability() -> pgtrigger.Trigger:
    """Return the trigger of stock levels that notes a change when units in stock may have come to be few, or out.

    A bucket (in, few, out) is of all levels of a variant, or of all variants of a product, and other transactions may
    be changing those at the same moment, unseen. Yet when the sum passes `LowStockHint.units` or zero, downwards or
    upwards, the level that changed has at most so many on one side of the change, since none is negative: its own
    figures decide, no other level is read, and levels with plenty left cost a comparison.
    """
    return pgtrigger.Trigger(
        name="changes_availability",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("on_hand", "reserved"),
        condition=pgtrigger.Condition(
            "OLD.on_hand - OLD.reserved <> NEW.on_hand - NEW.reserved"
            f" AND LEAST(OLD.on_hand - OLD.reserved, NEW.on_hand - NEW.reserved) <= {MOST_HINTED}"
        ),
        func=f"""
        IF LEAST(OLD.on_hand - OLD.reserved, NEW.on_hand - NEW.reserved)
           <= coalesce((SELECT units FROM catalog_lowstockhint WHERE id = 1), {MOST_HINTED}) THEN
            INSERT INTO catalog_catalogchange (changes, changed_at, product_id)
            SELECT 1, clock_timestamp(), variant.product_id
              FROM catalog_variant AS variant WHERE variant.id = NEW.variant_id;
            {MARK} ('variant', NEW.variant_id::text);
        END IF;
        RETURN NULL;
        """,  # noqa: S608 - the constants are this module's
    )
