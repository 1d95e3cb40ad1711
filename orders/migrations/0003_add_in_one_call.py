"""The commonest act of the shop as one call (orders/sql/add_line.sql)."""

from django.db import migrations

from orders.sql import load


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0003_words_for_every_field"),
        ("inventory", "0006_early_access_in_the_statements"),
    ]

    operations = [migrations.RunSQL(load("add_line"), "DROP FUNCTION IF EXISTS orders_add_line")]
