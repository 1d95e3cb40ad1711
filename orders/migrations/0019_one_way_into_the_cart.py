"""The rules of a cart's line as one function (orders/sql/put_line.sql), which answers what stands in the way.

`orders_add_line` stays where it is installed: processes of the version before call it until they are replaced. The
version after the next may drop it.
"""

from django.db import migrations

from orders.sql import load


class Migration(migrations.Migration):
    dependencies = [("orders", "0018_adjustments_of_old_purchases")]

    operations = [migrations.RunSQL(load("put_line"), "DROP FUNCTION IF EXISTS orders_put_line")]
