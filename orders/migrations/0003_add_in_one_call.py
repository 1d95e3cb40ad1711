"""The commonest act of the shop as one call: `orders_add_line`, since replaced by orders/sql/put_line.sql (0019)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0003_words_for_every_field"),
        ("inventory", "0006_early_access_in_the_statements"),
    ]

    operations = [migrations.RunSQL(migrations.RunSQL.noop, "DROP FUNCTION IF EXISTS orders_add_line")]
