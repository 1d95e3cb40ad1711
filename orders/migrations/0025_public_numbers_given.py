"""Number the rows there are, without keeping a writer out; then no number changes any more. Safe to repeat."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from shop.core.database.public_numbers import number_rows


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("orders", "0024_public_numbers")]

    operations = [
        number_rows("orders_installment", "orders_installment_public_number"),
        number_rows("orders_orderline", "orders_orderline_public_number"),
        pgtrigger.migrations.AddTrigger(
            model_name='installment',
            trigger=pgtrigger.compiler.Trigger(name='public_number_never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."public_number" IS DISTINCT FROM (NEW."public_number"))', func='RAISE EXCEPTION \'pgtrigger: Cannot update of "public_number" rows from % table\', TG_TABLE_NAME;', hash='5ac16fe177ca0ca3f0219cb0c01f18c65afa1a23', operation='UPDATE OF "public_number"', pgid='pgtrigger_public_number_never_changes_04d7c', table='orders_installment', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderline',
            trigger=pgtrigger.compiler.Trigger(name='public_number_never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."public_number" IS DISTINCT FROM (NEW."public_number"))', func='RAISE EXCEPTION \'pgtrigger: Cannot update of "public_number" rows from % table\', TG_TABLE_NAME;', hash='ff50ed238e1bd40257abe4defce7ddb2fd2707f3', operation='UPDATE OF "public_number"', pgid='pgtrigger_public_number_never_changes_679f9', table='orders_orderline', when='BEFORE')),
        ),
    ]
