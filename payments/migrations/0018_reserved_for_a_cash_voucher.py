"""The name of a field in Python alone: its column keeps the old one for processes of the version before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0017_attempts_have_payables"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField(
                    "paymentattempt", "is_held_for_voucher", "is_reserved_for_cash_voucher"
                ),
                migrations.AlterField(
                    "paymentattempt",
                    "is_reserved_for_cash_voucher",
                    models.BooleanField(
                        db_column="is_held_for_voucher", default=True, verbose_name="held for the voucher"
                    ),
                ),
            ]
        ),
    ]
