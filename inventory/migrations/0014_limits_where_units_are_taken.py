"""The statements that hold units ask what one source may hold (inventory/sql/validate_source.sql)."""

from django.db import migrations

from inventory.sql import load

OLD_ONE = (
    "DROP FUNCTION IF EXISTS"
    " inventory_reserve(uuid, uuid, integer, interval, text, uuid, uuid, text, text, boolean, uuid)"
)
OLD_MANY = (
    "DROP FUNCTION IF EXISTS"
    " inventory_reserve_many(uuid[], uuid[], integer[], interval, text, uuid, uuid, text, boolean, uuid)"
)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0013_indexes_of_sources")]

    operations = [
        migrations.RunSQL(
            [load("validate_source"), OLD_ONE, OLD_MANY, load("reserve"), load("reserve_many")],
            "DROP FUNCTION IF EXISTS inventory_judge",
        ),
    ]
