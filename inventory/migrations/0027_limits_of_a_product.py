"""Whether a source's limits hold for a product, as a function of its own (inventory/sql/limits.sql).

The statement that fills a cart asks it of the variant that it reads anyway.
"""

from django.db import migrations

from inventory.sql import load


class Migration(migrations.Migration):
    dependencies = [("inventory", "0026_crossings_name_their_product")]

    operations = [migrations.RunSQL([load("limits"), load("validate_source")], migrations.RunSQL.noop)]
