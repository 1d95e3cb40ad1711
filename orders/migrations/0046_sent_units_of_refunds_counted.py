"""Of a refunded unit that had been sent no other unit stays in the house (orders/sql/line_units.sql).

Nothing says of refunds from before which of their units had been sent: `sent` is 0, and they count as they did. A shop
that read them so has sent, or not sent, the others already; otherwise old orders would wait to be packed again.
"""

from django.db import migrations

from orders.sql import load

_DROP = "DROP VIEW orders_lineunits; DROP FUNCTION orders_line_units(uuid, uuid, uuid, uuid, integer)"


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0045_sent_units_of_refunds"),
        ("payments", "0032_sent_units_of_refunds"),
    ]

    operations = [migrations.RunSQL([_DROP, load("line_units")], migrations.RunSQL.noop)]
