"""Number the rows there are, without keeping a writer out; then no number changes any more. Safe to repeat."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from shop.core.database.public_numbers import number_rows


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0005_public_numbers")]

    operations = [
        number_rows("accounts_user", "accounts_user_public_number"),
        pgtrigger.migrations.AddTrigger(
            model_name='user',
            trigger=pgtrigger.compiler.Trigger(name='public_number_never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."public_number" IS DISTINCT FROM (NEW."public_number"))', func='RAISE EXCEPTION \'pgtrigger: Cannot update of "public_number" rows from % table\', TG_TABLE_NAME;', hash='b5c1f016e881d25663a5e5e7b36437aa7aecbfa2', operation='UPDATE OF "public_number"', pgid='pgtrigger_public_number_never_changes_ceaa6', table='accounts_user', when='BEFORE')),
        ),
    ]
