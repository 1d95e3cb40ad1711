"""The country of a new address is the shop's own; nothing changes in the database."""

import shop.core.countries
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_names_as_long_as_their_parts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='address',
            name='country',
            field=models.CharField(default=shop.core.countries.shop_country, max_length=2, verbose_name='country'),
        ),
    ]
