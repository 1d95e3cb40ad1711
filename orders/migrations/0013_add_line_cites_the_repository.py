"""Only a comment of orders/sql/add_line.sql changes: the installed text stays the file's."""

from django.db import migrations

from orders.sql import load


class Migration(migrations.Migration):
    dependencies = [("orders", "0012_order_picks")]

    operations = [migrations.RunSQL(load("add_line"), migrations.RunSQL.noop)]
