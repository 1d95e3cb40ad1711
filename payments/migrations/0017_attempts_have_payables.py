"""Every attempt has its payable: the keys and the check are validated while everybody writes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("payments", "0016_payables_of_old_attempts")]

    operations = [
        migrations.RunSQL("ALTER TABLE payments_paymentattempt VALIDATE CONSTRAINT attempt_payable_fk", migrations.RunSQL.noop),
        migrations.RunSQL("ALTER TABLE payments_payment VALIDATE CONSTRAINT payment_payable_fk", migrations.RunSQL.noop),
        migrations.RunSQL("ALTER TABLE payments_paymentattempt VALIDATE CONSTRAINT attempt_has_payable", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="paymentattempt",
            name="payable",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="attempts", to="orders.payable", verbose_name="payable"),
        ),
        migrations.RunSQL("ALTER TABLE payments_paymentattempt DROP CONSTRAINT attempt_has_payable", migrations.RunSQL.noop),
    ]
