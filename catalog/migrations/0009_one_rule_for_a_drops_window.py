"""The window of a drop is judged by one function, which the statements of stock and cart ask."""

from django.db import migrations

from catalog.sql import load


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_one_place_for_a_mailbox")]

    operations = [migrations.RunSQL(load("drop_window"), migrations.RunSQL.noop)]
