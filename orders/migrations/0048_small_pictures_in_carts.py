"""A cart shows the smallest rendition of a picture (orders/sql/cart_options.sql)."""

from django.db import migrations

from orders.sql import load


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0047_fees_of_exchanges"),
        ("catalog", "0016_renditions_and_focal_points"),
    ]

    # The former function may stay while the code goes back: it returns the same columns.
    operations = [migrations.RunSQL(load("cart_options"), migrations.RunSQL.noop)]
