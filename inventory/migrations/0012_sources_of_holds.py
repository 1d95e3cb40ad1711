"""Whose holds they are, as far as limits count it: added columns without a default, so that no row is rewritten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0011_violations_by_code")]

    operations = [
        migrations.AddField(
            model_name="reservation",
            name=name,
            field=models.BigIntegerField(blank=True, editable=False, null=True),
        )
        for name in ("source_ip", "source_network", "source_email")
    ] + [
        migrations.AddField(
            model_name="reservation",
            name="source_account",
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
    ]
