"""What may be had of a cart's lines asks the rules of stock and drops (inventory_sellable, catalog_drop_window)."""

from django.db import migrations

from orders.sql import load


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0014_payables"),
        ("inventory", "0019_one_rule_for_what_is_sold_from_where"),
    ]

    operations = [migrations.RunSQL(load("cart_options"), migrations.RunSQL.noop)]
