"""What an attempt knows of vouchers: whether they were offered, by which method, and whether its hold is long."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0003_sweeps_strays_and_payouts"),
    ]

    operations = [
        migrations.AddField(
            model_name="paymentattempt",
            name="voucher_method",
            field=models.CharField(blank=True, max_length=60, verbose_name="voucher's method"),
        ),
        migrations.AddField(
            model_name="paymentattempt",
            name="offers_vouchers",
            field=models.BooleanField(default=True, verbose_name="vouchers were offered"),
        ),
        migrations.AddField(
            model_name="paymentattempt",
            name="is_held_for_voucher",
            field=models.BooleanField(default=True, verbose_name="held for the voucher"),
        ),
    ]
