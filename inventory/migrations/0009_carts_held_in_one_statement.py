"""Several lines are held by one statement with a kept plan; the choice of a place stands in one function for all."""

from django.db import migrations

from catalog.sql import load as load_of_catalog
from inventory.sql import load


class Migration(migrations.Migration):
    dependencies = [("inventory", "0008_holds_of_vouchers"), ("catalog", "0003_let_in_early")]

    operations = [
        # The functions that sellable_levels.sql asks today: PostgreSQL wants them to be there when it installs it.
        migrations.RunSQL(
            [load("sellable"), load_of_catalog("drop_window"), load("sellable_levels"), load("reserve"), load("reserve_many")],
            migrations.RunSQL.noop,
        ),
    ]
