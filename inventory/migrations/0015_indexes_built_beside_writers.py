"""Indexes of big tables that came after the first migration, built without keeping any writer out."""

from django.db import migrations, models

from shop.core.database.migrations import EnsureIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("inventory", "0014_limits_where_units_are_taken")]

    operations = [
        EnsureIndex(
            "reservation",
            models.Index(
                condition=models.Q(("purpose", "manual"), ("status", "active")),
                fields=["expires_at"],
                name="reservation_manual",
            ),
        ),
        EnsureIndex(
            "stockmovement",
            models.Index(
                fields=["level", "-occurred_at", "-id"],
                include=("on_hand_after",),
                name="stockmovement_instant",
            ),
        ),
        EnsureIndex(
            "stockmovement",
            models.Index(
                condition=models.Q(("quantity__gt", 0), ("unit_cost__isnull", False)),
                fields=["variant", "id"],
                name="stockmovement_costed",
            ),
        ),
        EnsureIndex(
            "stockmovement",
            models.Index(
                condition=models.Q(("kind__in", ["transfer_in", "transfer_out"])),
                fields=["variant", "id"],
                include=("quantity", "occurred_at"),
                name="stockmovement_transfers",
            ),
        ),
    ]
