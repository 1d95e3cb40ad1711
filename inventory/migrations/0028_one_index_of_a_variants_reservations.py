"""`reservation_variant` begins with the variant, too: a second index of it was written for each reservation."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("inventory", "0027_limits_of_a_product")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="reservation",
                    name="variant",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reservations",
                        to="catalog.variant",
                        verbose_name="variant",
                    ),
                )
            ],
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS inventory_reservation_variant_id_a7811c2f",
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS inventory_reservation_variant_id_a7811c2f"
                    " ON inventory_reservation (variant_id)",
                )
            ],
        )
    ]
