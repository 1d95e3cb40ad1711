"""A reservation is written before its level is raised, so that others wait less for the level's row."""

from django.db import migrations

from inventory.sql import load


class Migration(migrations.Migration):
    dependencies = [("inventory", "0028_one_index_of_a_variants_reservations")]

    operations = [migrations.RunSQL(load("reserve"), migrations.RunSQL.noop)]
