"""What an attempt is for: a payable. The columns are written for old rows by the next migration; until then processes of
the version before go on (the trigger fills what they do not know).
"""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("orders", "0014_payables"),
        ("payments", "0014_indexes_built_beside_writers"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE payments_paymentattempt ADD COLUMN payable_id uuid NULL",
                    "ALTER TABLE payments_paymentattempt DROP COLUMN payable_id",
                ),
                migrations.RunSQL(
                    "ALTER TABLE payments_payment ADD COLUMN payable_id uuid NULL",
                    "ALTER TABLE payments_payment DROP COLUMN payable_id",
                ),
            ],
            state_operations=[
                migrations.RemoveIndex(model_name="paymentattempt", name="attempt_checkout"),
                migrations.RenameField("paymentattempt", "checkout", "purchase"),
                migrations.AlterField(
                    model_name="paymentattempt",
                    name="purchase",
                    field=models.ForeignKey(db_column="checkout_id", on_delete=django.db.models.deletion.PROTECT, related_name="attempts", to="orders.checkoutsession", verbose_name="purchase"),
                ),
                migrations.AddIndex(
                    model_name="paymentattempt",
                    index=models.Index(fields=["purchase", "-created_at"], name="attempt_checkout"),
                ),
                migrations.AddField(
                    model_name="paymentattempt",
                    name="payable",
                    field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="attempts", to="orders.payable", verbose_name="payable"),
                ),
                migrations.AddField(
                    model_name="payment",
                    name="payable",
                    field=models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="payments", to="orders.payable", verbose_name="payable"),
                ),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payment",
            trigger=pgtrigger.compiler.Trigger(name='payable_of_the_attempt', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n                NEW.payable_id := (SELECT payable_id FROM payments_paymentattempt WHERE id = NEW.attempt_id);\n                RETURN NEW;\n                ', hash='db318e2cdb26ed0d635d8b9a61bee8b0132e9144', operation='INSERT OR UPDATE OF "attempt_id"', pgid='pgtrigger_payable_of_the_attempt_859d9', table='payments_payment', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="paymentattempt",
            trigger=pgtrigger.compiler.Trigger(name='for_the_purchase', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                IF NEW.payable_id IS NULL THEN\n                    INSERT INTO orders_payable (id, created_at, updated_at, kind, purchase_id)\n                    VALUES (NEW.checkout_id, now(), now(), 'checkout', NEW.checkout_id) ON CONFLICT DO NOTHING;\n                    NEW.payable_id := NEW.checkout_id;\n                END IF;\n                RETURN NEW;\n                ", hash='94268e58825f9b6d6fe601cad39ce27025d061cb', operation='INSERT', pgid='pgtrigger_for_the_purchase_241ee', table='payments_paymentattempt', when='BEFORE')),
        ),
    ]
