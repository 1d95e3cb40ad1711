"""What changes in the catalogue is noted by triggers, and the version is counted from it."""

import django.core.validators
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from catalog.sql import load


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0011_public_numbers_given'),
    ]

    operations = [
        migrations.CreateModel(
            name='CatalogChange',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('changes', models.BigIntegerField(db_default=1)),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'change of the catalogue',
                'verbose_name_plural': 'changes of the catalogue',
            },
        ),
        migrations.CreateModel(
            name='LowStockHint',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('units', models.SmallIntegerField(validators=[django.core.validators.MaxValueValidator(100)])),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'low stock hint',
                'verbose_name_plural': 'low stock hints',
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='changes_catalogue', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;', hash='0d96862b84e0021f9056a1ab1e55056bee22b7da', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_changes_catalogue_9a0fe', table='catalog_brand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='category',
            trigger=pgtrigger.compiler.Trigger(name='changes_catalogue', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;', hash='1c6847ccbada709ce305d1935a42a3c8cd3fec02', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_changes_catalogue_07f1a', table='catalog_category', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='collection',
            trigger=pgtrigger.compiler.Trigger(name='changes_catalogue', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;', hash='1f25387b59a0f97f16eb8764931ba37e57e47882', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_changes_catalogue_aad74', table='catalog_collection', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='collectionproduct',
            trigger=pgtrigger.compiler.Trigger(name='changes_catalogue', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;', hash='a481972ba115cecd68f2651456cee94e6f9d8a73', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_changes_catalogue_e454d', table='catalog_collectionproduct', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='option',
            trigger=pgtrigger.compiler.Trigger(name='changes_catalogue', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;', hash='deccf2404e29bbc064b017f2327f6c82d529176d', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_changes_catalogue_76b90', table='catalog_option', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='optionvalue',
            trigger=pgtrigger.compiler.Trigger(name='changes_catalogue', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;', hash='7cfab7015a9fade9c56d7e899bb7798861c5580e', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_changes_catalogue_2269a', table='catalog_optionvalue', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='product',
            trigger=pgtrigger.compiler.Trigger(name='changes_catalogue', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;', hash='41eacfa61c9e3fe490c220ddb91a8a04a425f269', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_changes_catalogue_9bbf5', table='catalog_product', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='productimage',
            trigger=pgtrigger.compiler.Trigger(name='changes_catalogue', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;', hash='78d603fbff3a2646302547afe5331d4e66328fe3', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_changes_catalogue_96b0b', table='catalog_productimage', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='variant',
            trigger=pgtrigger.compiler.Trigger(name='changes_catalogue', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;', hash='edda146fc2d1353ecc9d6a668d674b91b8cc3a72', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_changes_catalogue_fd6f1', table='catalog_variant', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='variantvalue',
            trigger=pgtrigger.compiler.Trigger(name='changes_catalogue', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;', hash='521d45022a9b3ca9f1e34ccdeed7d3a614e6e24f', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_changes_catalogue_bdfd6', table='catalog_variantvalue', when='AFTER')),
        ),
        migrations.RunSQL(load("version"), "DROP FUNCTION catalog_version(uuid, uuid)"),
    ]
