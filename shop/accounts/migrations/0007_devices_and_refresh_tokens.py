"""Apps: the refresh token of each session."""

import django.db.models.deletion
import shop.core.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_public_numbers_given'),
        ('usersessions', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='RefreshToken',
            fields=[
                ('id', models.UUIDField(default=shop.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                ('jti', models.CharField(editable=False, max_length=36)),
                ('previous_jti', models.CharField(blank=True, editable=False, max_length=36)),
                ('rotated_at', models.DateTimeField(editable=False)),
                ('device', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='refresh_token', to='usersessions.usersession')),
            ],
            options={
                'abstract': False,
            },
        ),
    ]
