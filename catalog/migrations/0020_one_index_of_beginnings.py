"""The index of beginnings twice: Django gives a key of text one of its own."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0019_generations_of_pages'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='searchword',
            name='searchword_prefix',
        ),
    ]
