"""What the search keeps: words and their forms, synonyms with those of our countries, what was not found."""

import django.contrib.postgres.indexes
import django.db.models.functions.text
import shop.core.ids
from django.db import migrations, models

from catalog.search.seeds import BY_COUNTRY, EVERYWHERE


def seed(apps, schema_editor):
    synonyms = apps.get_model('catalog', 'SearchSynonyms')
    words = [('', group) for group in EVERYWHERE]
    words += [(country, group) for country, groups in BY_COUNTRY.items() for group in groups]
    synonyms.objects.bulk_create(synonyms(country=country, words=group) for country, group in words)


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0017_videos'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchDeletion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('deletion', models.CharField(max_length=60)),
                ('word', models.CharField(max_length=60)),
            ],
            options={
                'verbose_name': 'word without letters',
                'verbose_name_plural': 'words without letters',
            },
        ),
        migrations.CreateModel(
            name='SearchMiss',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('text', models.CharField(max_length=100, verbose_name='searched')),
                ('corrected', models.CharField(blank=True, max_length=100, verbose_name='shown instead')),
                ('count', models.PositiveIntegerField(default=1, verbose_name='times')),
            ],
            options={
                'verbose_name': 'search that found nothing',
                'verbose_name_plural': 'searches that found nothing',
                'ordering': ['-day', '-count', 'text'],
            },
        ),
        migrations.CreateModel(
            name='SearchSnapshot',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('revision', models.BigIntegerField()),
                ('made_at', models.DateTimeField()),
                ('data', models.BinaryField()),
            ],
            options={
                'verbose_name': 'snapshot of the search',
                'verbose_name_plural': 'snapshots of the search',
            },
        ),
        migrations.CreateModel(
            name='SearchSynonyms',
            fields=[
                ('id', models.UUIDField(default=shop.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                ('country', models.CharField(blank=True, help_text='Two letters, such as AR; empty: everywhere.', max_length=2, verbose_name='country')),
                ('words', models.CharField(help_text='Single words with commas between them: remera, playera, camiseta.', max_length=300, verbose_name='words')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
            ],
            options={
                'verbose_name': 'synonyms',
                'verbose_name_plural': 'synonyms',
                'ordering': ['country', 'words'],
            },
        ),
        migrations.CreateModel(
            name='SearchWord',
            fields=[
                ('word', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('weight', models.IntegerField(default=0)),
            ],
            options={
                'verbose_name': 'word of the search',
                'verbose_name_plural': 'words of the search',
            },
        ),
        migrations.AddIndex(
            model_name='variant',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('sku'), name='text_pattern_ops'), name='variant_sku_beginning'),
        ),
        migrations.AddIndex(
            model_name='variant',
            index=models.Index(fields=['barcode'], name='variant_barcode_beginning', opclasses=['varchar_pattern_ops']),
        ),
        migrations.AddIndex(
            model_name='searchdeletion',
            index=models.Index(fields=['word'], name='searchdeletion_word'),
        ),
        migrations.AddConstraint(
            model_name='searchdeletion',
            constraint=models.UniqueConstraint(fields=('deletion', 'word'), name='searchdeletion_one'),
        ),
        migrations.AddConstraint(
            model_name='searchmiss',
            constraint=models.UniqueConstraint(fields=('day', 'text'), name='searchmiss_one_a_day'),
        ),
        migrations.AddIndex(
            model_name='searchword',
            index=models.Index(fields=['word'], name='searchword_prefix', opclasses=['varchar_pattern_ops']),
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
