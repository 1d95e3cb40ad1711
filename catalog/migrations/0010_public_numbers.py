"""A public number for every variant: the column and its default; the rows there are get theirs with the next migration."""

from django.db import migrations

from shop.core.database.public_numbers import add_column


class Migration(migrations.Migration):
    dependencies = [("catalog", "0009_one_rule_for_a_drops_window")]

    operations = [
        *add_column("variant", "catalog_variant", "catalog_variant_public_number", "number"),
    ]
