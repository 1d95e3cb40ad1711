"""The staff's list of shipments, newest first, by an index."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0042_units_of_lines_in_one_statement")]

    operations = [
        AddIndexConcurrently(
            model_name="shipment",
            index=models.Index(fields=["-created_at", "-id"], name="shipment_newest"),
        ),
    ]
