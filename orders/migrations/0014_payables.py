"""A row for each thing that can be paid, to which payments refer."""

import django.db.models.deletion
import shop.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0013_add_line_cites_the_repository'),
    ]

    operations = [
        migrations.CreateModel(
            name='Payable',
            fields=[
                ('id', models.UUIDField(default=shop.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                ('kind', models.CharField(default='checkout', max_length=20, verbose_name='kind')),
                ('purchase', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='payables', to='orders.checkoutsession', verbose_name='purchase')),
            ],
            options={
                'verbose_name': 'payable',
                'verbose_name_plural': 'payables',
                'ordering': ['-created_at'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('kind', 'checkout')), fields=('purchase',), name='payable_one_checkout')],
            },
        ),
    ]
