"""The indexes of the limits, built beside a running shop (CONCURRENTLY, hence outside a transaction)."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("inventory", "0012_sources_of_holds")]

    operations = [
        AddIndexConcurrently(
            model_name="reservation",
            index=models.Index(
                fields=["source_network", "source_ip"],
                name="reservation_source",
                condition=Q(status="active", source_network__isnull=False),
            ),
        ),
        AddIndexConcurrently(
            model_name="reservation",
            index=models.Index(
                fields=["source_account"],
                name="reservation_source_account",
                condition=Q(status="active", source_account__isnull=False),
            ),
        ),
        AddIndexConcurrently(
            model_name="reservation",
            index=models.Index(
                fields=["source_email"],
                name="reservation_source_email",
                condition=Q(status="active", source_email__isnull=False),
            ),
        ),
        AddIndexConcurrently(
            model_name="reservation",
            index=models.Index(
                fields=["cart_id", "variant_id", "ended_at"],
                name="reservation_ended",
                condition=Q(status="released"),
            ),
        ),
    ]
