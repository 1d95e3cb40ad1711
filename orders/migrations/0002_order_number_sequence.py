"""Order numbers come from a database sequence: unique and rising without a lock that purchases would queue for."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql="CREATE SEQUENCE orders_order_number START 10001",
            reverse_sql="DROP SEQUENCE orders_order_number",
        )
    ]
