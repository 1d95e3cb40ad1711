"""Two indexes that were written for each first line of a cart and that nothing asks.

`cartline_unique` begins with the cart, too. A cart's token is never looked for by its beginning (`LIKE`).
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0052_a_line_in_fewer_statements")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="cartline",
                    name="cart",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="orders.cart",
                    ),
                )
            ],
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS orders_cartline_cart_id_af5e6867",
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_cartline_cart_id_af5e6867"
                    " ON orders_cartline (cart_id)",
                )
            ],
        ),
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS orders_cart_token_2106f52e_like",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_cart_token_2106f52e_like"
            " ON orders_cart (token varchar_pattern_ops)",
        ),
    ]
