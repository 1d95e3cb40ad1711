"""A hold may be a voucher's: it is counted against the share of a variant that vouchers may hold."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0007_transfers_proofs_and_time_travel"),
    ]

    operations = [
        migrations.AlterField(
            model_name="reservation",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("cart", "cart"),
                    ("checkout", "checkout"),
                    ("voucher", "voucher"),
                    ("manual", "manual hold"),
                ],
                default="cart",
                max_length=10,
                verbose_name="purpose",
            ),
        ),
    ]
