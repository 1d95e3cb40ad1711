"""The index by which late orders are found, built without keeping any writer out."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0040_promised_days")]

    operations = [
        AddIndexConcurrently(
            "order",
            models.Index(
                condition=models.Q(("late_since__isnull", True), ("status", "confirmed")),
                fields=["promised_by"],
                name="order_promise_due",
            ),
        ),
    ]
