"""The function that fills a cart answers one row at once, and asks nothing of a cart that it writes itself.

It has the arguments and the columns that it had, so that processes of the version before call it as well.
"""

from django.db import migrations

from orders.sql import load

ARGUMENTS = (
    "uuid, uuid, text, uuid, uuid, integer, integer, integer, integer, boolean, boolean, uuid, interval, text, bigint[]"
)


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0051_nothing_sent_for_money_that_has_gone"),
        ("inventory", "0027_limits_of_a_product"),
    ]

    operations = [
        migrations.RunSQL(
            [f"DROP FUNCTION IF EXISTS orders_put_line({ARGUMENTS})", load("put_line")], migrations.RunSQL.noop
        )
    ]
