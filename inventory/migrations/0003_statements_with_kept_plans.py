"""The verbs' statements as functions, whose plans PostgreSQL keeps (inventory/sql/reserve.sql says why)."""

from django.db import migrations

from inventory.sql import load


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_words_for_every_field")]

    operations = [
        migrations.RunSQL(load("reserve"), "DROP FUNCTION IF EXISTS inventory_reserve"),
        migrations.RunSQL(load("sellability"), "DROP FUNCTION IF EXISTS inventory_standing"),
    ]
