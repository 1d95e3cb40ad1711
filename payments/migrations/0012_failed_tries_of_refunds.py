"""Remember the tries of a refund that failed at the provider: it goes on listing them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0011_strays_taken_over"),
    ]

    operations = [
        migrations.AddField(
            model_name="refund",
            name="failed_ids",
            field=models.JSONField(blank=True, default=list, editable=False),
        ),
    ]
