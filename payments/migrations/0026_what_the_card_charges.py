"""What a buyer's card is charged, where the provider tells it. New columns without a value: no row is rewritten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0025_payments_in_apps")]

    operations = [
        migrations.AddField(
            "payment",
            "charged_total",
            models.DecimalField("charged by the card", max_digits=14, decimal_places=2, null=True, blank=True),
        ),
        migrations.AddField(
            "payment",
            "charged_installment",
            models.DecimalField(
                "each cuota of the card", max_digits=14, decimal_places=2, null=True, blank=True
            ),
        ),
    ]
