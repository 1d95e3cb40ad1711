"""The short road into the cart says whose units they are (inventory/sql/validate_source.sql)."""

from django.db import migrations

OLD = (
    "DROP FUNCTION IF EXISTS orders_add_line"
    "(uuid, uuid, text, uuid, integer, integer, integer, uuid, interval, text, boolean, uuid)"
)


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_names_as_long_as_their_parts"), ("inventory", "0014_limits_where_units_are_taken")]

    operations = [migrations.RunSQL(OLD, migrations.RunSQL.noop)]
