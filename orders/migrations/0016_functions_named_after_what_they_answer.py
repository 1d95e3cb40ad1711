"""What may be had of a cart's lines, under the name of today: orders_cart_options.

The function of the version before (orders_cart_shelf) stays, since its processes still call it while the shop is
upgraded; a later migration drops it.
"""

from django.db import migrations

from orders.sql import load


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0015_cart_shelf_asks_one_rule"),
        ("inventory", "0020_functions_named_after_what_they_answer"),
    ]

    operations = [migrations.RunSQL(load("cart_options"), migrations.RunSQL.noop)]
