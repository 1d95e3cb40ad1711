"""Indexes of big tables that came after the first migration, built without keeping any writer out."""

from django.db import migrations, models

from shop.core.database.migrations import EnsureIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0009_add_in_one_call_within_limits")]

    operations = [
        EnsureIndex(
            "order",
            models.Index(
                condition=models.Q(("erased_at__isnull", False), ("fiscal_erased_at__isnull", True)),
                fields=["placed_at"],
                name="order_fiscal_due",
            ),
        ),
    ]
