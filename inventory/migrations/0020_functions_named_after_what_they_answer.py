"""The functions about stock under the names of today: sellability, sellable levels, the check of a source.

Those of the version before (inventory_standing, inventory_places, inventory_judge) stay, since its processes still call
them while the shop is upgraded; a later migration drops them.
"""

from django.db import migrations

from inventory.sql import load

NAMES = ["sellable_levels", "sellability", "validate_source", "reserve", "reserve_many"]


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0019_one_rule_for_what_is_sold_from_where"),
    ]

    operations = [migrations.RunSQL([load(name) for name in NAMES], migrations.RunSQL.noop)]
