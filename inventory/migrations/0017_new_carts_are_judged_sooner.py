"""A cart that is written with its first hold has nothing to be counted (inventory/sql/validate_source.sql)."""

from django.db import migrations

from inventory.sql import load


class Migration(migrations.Migration):
    dependencies = [("inventory", "0016_purchase_costs_may_be_unknown")]

    operations = [migrations.RunSQL(load("validate_source"), migrations.RunSQL.noop)]
