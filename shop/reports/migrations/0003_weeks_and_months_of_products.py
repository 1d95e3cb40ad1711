"""The weeks and months of products. The job writes those of the days there are, a month in each transaction
(shop/reports/product_periods.py); until then best sellers are read from days.
"""

import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0013_announce_changed_products'),
        ('reports', '0002_changes_are_noted'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProductPeriod',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('sku', models.CharField(max_length=60, verbose_name='SKU')),
                ('name', models.CharField(max_length=260, verbose_name='name')),
                ('orders', models.PositiveIntegerField(verbose_name='orders')),
                ('units', models.PositiveIntegerField(verbose_name='units')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=20, verbose_name='amount')),
                ('units_returned', models.PositiveIntegerField(default=0, verbose_name='units back')),
                ('returned', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=20, verbose_name='gone back')),
                ('grain', models.CharField(choices=[('week', 'week'), ('month', 'month')], max_length=5, verbose_name='length')),
                ('first_day', models.DateField(verbose_name='first day')),
                ('variant', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='catalog.variant', verbose_name='variant')),
            ],
            options={
                'verbose_name': 'week or month of a product',
                'verbose_name_plural': 'weeks and months of products',
                'ordering': ['-first_day', 'sku'],
                'constraints': [models.UniqueConstraint(fields=('grain', 'first_day', 'currency', 'variant', 'sku'), name='productperiod_once', nulls_distinct=False)],
            },
        ),
    ]
