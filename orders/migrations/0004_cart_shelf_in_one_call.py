"""What a cart's screen asks of stock, drops and pictures, as one call (orders/sql/cart_options.sql)."""

from django.db import migrations

from orders.sql import load


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_add_in_one_call")]

    operations = [migrations.RunSQL(load("cart_options"), "DROP FUNCTION IF EXISTS orders_cart_shelf")]
