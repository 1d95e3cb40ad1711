"""Indexes of big tables that came after the first migration, built without keeping any writer out."""

from django.db import migrations, models

from shop.core.database.migrations import EnsureIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("payments", "0013_refusals_and_card_digits")]

    operations = [
        EnsureIndex(
            "webhookevent",
            models.Index(
                condition=models.Q(("next_try_at", None), ("status", "failed")),
                fields=["reported_at"],
                name="webhook_dead",
            ),
        ),
    ]
