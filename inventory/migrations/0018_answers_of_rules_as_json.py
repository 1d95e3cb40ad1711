"""Keep what a rule expected and found as a key and figures; the words are found when it is shown."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0017_new_carts_are_judged_sooner'),
    ]

    operations = [
        migrations.AddField(
            model_name='stockviolation',
            name='answers',
            field=models.JSONField(blank=True, db_default={}, default=dict, editable=False),
        ),
    ]
