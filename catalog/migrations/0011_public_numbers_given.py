"""Number the rows there are, without keeping a writer out; then no number changes any more. Safe to repeat."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from shop.core.database.public_numbers import number_rows


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0010_public_numbers")]

    operations = [
        number_rows("catalog_variant", "catalog_variant_public_number"),
        pgtrigger.migrations.AddTrigger(
            model_name='variant',
            trigger=pgtrigger.compiler.Trigger(name='public_number_never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."public_number" IS DISTINCT FROM (NEW."public_number"))', func='RAISE EXCEPTION \'pgtrigger: Cannot update of "public_number" rows from % table\', TG_TABLE_NAME;', hash='c16d51b284d8236c2d9e733014bb69a9b13920e0', operation='UPDATE OF "public_number"', pgid='pgtrigger_public_number_never_changes_a3b2b', table='catalog_variant', when='BEFORE')),
        ),
    ]
