"""What pages show has generations: changes of one product's units are noted for it alone."""

from django.db import migrations, models

from catalog.sql import load


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0018_search_by_words'),
    ]

    operations = [
        migrations.AddField(
            model_name='catalogchange',
            name='product_id',
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.RunSQL(load("generations"), "DROP FUNCTION catalog_generations()"),
    ]
