"""The shipping of the purchases there are becomes an adjustment, in batches; the new checks are validated.

Nobody who writes is kept out. Whatever touches the shipping of a purchase without such a row makes the trigger write
one, so it is enough to write the sum anew.
"""

from typing import Any

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

from shop.core.database.migrations import in_batches

WHERE = """
(row.shipping_name <> '' OR row.shipping_total <> 0) AND NOT EXISTS (
    SELECT 1 FROM {adjustments} AS found WHERE found.{key} = row.id AND found.target = 'shipping')
"""


def fill(apps: Any, schema_editor: Any) -> None:
    """Write the rows of checkouts and orders that have none. Safe to repeat."""
    for table, adjustments, key in (
        ("orders_checkoutsession", "orders_checkoutadjustment", "checkout_id"),
        ("orders_order", "orders_orderadjustment", "order_id"),
    ):
        in_batches(
            schema_editor.connection,
            table,
            assign="shipping_total = row.shipping_total",
            where=WHERE.format(adjustments=adjustments, key=key),
        )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0017_adjustments")]

    operations = [
        ValidateConstraint("checkoutsession", "checkoutsession_total_adds_up"),
        ValidateConstraint("order", "order_total_adds_up"),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
