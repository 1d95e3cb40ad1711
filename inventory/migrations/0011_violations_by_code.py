"""Keep of a violation its rule's code and the figures of its explanation; the words are found when it is shown."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0010_exports_made_by_workers"),
    ]

    operations = [
        migrations.AddField(
            model_name="stockviolation",
            name="code",
            field=models.CharField(blank=True, editable=False, max_length=40),
        ),
        migrations.AddField(
            model_name="stockviolation",
            name="told",
            field=models.JSONField(blank=True, default=list, editable=False),
        ),
    ]
