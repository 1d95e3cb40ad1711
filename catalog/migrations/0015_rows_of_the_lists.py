"""One row for each product and colour, which lists and searches read, and the triggers that note what changed."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0014_variant_sizes'),
    ]

    operations = [
        migrations.RunSQL(
            'CREATE SEQUENCE catalog_listing_revision', 'DROP SEQUENCE catalog_listing_revision'
        ),
        migrations.CreateModel(
            name='Listing',
            fields=[
                ('ordinal', models.BigAutoField(primary_key=True, serialize=False)),
                ('product_id', models.UUIDField()),
                ('colour_id', models.UUIDField(null=True)),
                ('is_shown', models.BooleanField(db_default=True)),
                ('is_lead', models.BooleanField(db_default=False)),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('price', models.DecimalField(decimal_places=2, max_digits=14, null=True, verbose_name='price')),
                ('price_before', models.DecimalField(decimal_places=2, max_digits=14, null=True, verbose_name='price before')),
                ('published_at', models.DateTimeField()),
                ('sold_30d', models.IntegerField(db_default=0)),
                ('units', models.IntegerField(db_default=0)),
                ('brand_id', models.UUIDField(null=True)),
                ('category_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('collection_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('value_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('in_stock_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('words', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('card', models.JSONField(default=dict)),
                ('document', django.contrib.postgres.search.SearchVectorField(default='')),
                ('fingerprint', models.CharField(default='', max_length=64)),
                ('revision', models.BigIntegerField(db_default=0)),
            ],
            options={
                'verbose_name': 'row of the lists',
                'verbose_name_plural': 'rows of the lists',
            },
        ),
        migrations.CreateModel(
            name='ListingMark',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('product', 'Product'), ('variant', 'Variant'), ('value', 'Value'), ('option', 'Option'), ('brand', 'Brand'), ('category', 'Category'), ('collection', 'Collection'), ('all', 'All'), ('later', 'Later')], max_length=10)),
                ('key', models.CharField(blank=True, max_length=40)),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'verbose_name': 'change for the lists',
                'verbose_name_plural': 'changes for the lists',
            },
        ),
        migrations.CreateModel(
            name='ListingState',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('shape', models.CharField(max_length=80)),
            ],
            options={
                'verbose_name': 'state of the lists',
                'verbose_name_plural': 'states of the lists',
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='brand',
            trigger=pgtrigger.compiler.Trigger(name='marks_listing', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN\n            RETURN NULL;\n        END IF;\n        IF TG_OP <> 'INSERT' THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('brand', OLD.id::text);\n        END IF;\n        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.id::text IS DISTINCT FROM NEW.id::text THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('brand', NEW.id::text);\n        END IF;\n        RETURN NULL;\n        ", hash='18d6aa1757eddaf68061df478b4aa4cf4a667174', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_marks_listing_b8a93', table='catalog_brand', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='category',
            trigger=pgtrigger.compiler.Trigger(name='marks_listing', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN\n            RETURN NULL;\n        END IF;\n        IF TG_OP <> 'INSERT' THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('category', OLD.id::text);\n        END IF;\n        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.id::text IS DISTINCT FROM NEW.id::text THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('category', NEW.id::text);\n        END IF;\n        RETURN NULL;\n        ", hash='f45329316f443694f429721ffd818e44158d2292', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_marks_listing_7431d', table='catalog_category', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='collection',
            trigger=pgtrigger.compiler.Trigger(name='marks_listing', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN\n            RETURN NULL;\n        END IF;\n        IF TG_OP <> 'INSERT' THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('collection', OLD.id::text);\n        END IF;\n        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.id::text IS DISTINCT FROM NEW.id::text THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('collection', NEW.id::text);\n        END IF;\n        RETURN NULL;\n        ", hash='db623eefdc89f2b5cb8b3895a78bbf8479a5904c', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_marks_listing_5547e', table='catalog_collection', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='collectionproduct',
            trigger=pgtrigger.compiler.Trigger(name='marks_listing', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN\n            RETURN NULL;\n        END IF;\n        IF TG_OP <> 'INSERT' THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('product', OLD.product_id::text);\n        END IF;\n        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.product_id::text IS DISTINCT FROM NEW.product_id::text THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('product', NEW.product_id::text);\n        END IF;\n        RETURN NULL;\n        ", hash='5c8daf3e66d7cade55b8952543aeca18f04d666f', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_marks_listing_f53e8', table='catalog_collectionproduct', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='option',
            trigger=pgtrigger.compiler.Trigger(name='marks_listing', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN\n            RETURN NULL;\n        END IF;\n        IF TG_OP <> 'INSERT' THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('option', OLD.id::text);\n        END IF;\n        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.id::text IS DISTINCT FROM NEW.id::text THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('option', NEW.id::text);\n        END IF;\n        RETURN NULL;\n        ", hash='f66646324f4a554ba7e5b8e93d2652bef59d890d', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_marks_listing_fd597', table='catalog_option', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='optionvalue',
            trigger=pgtrigger.compiler.Trigger(name='marks_listing', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN\n            RETURN NULL;\n        END IF;\n        IF TG_OP <> 'INSERT' THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('value', OLD.id::text);\n        END IF;\n        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.id::text IS DISTINCT FROM NEW.id::text THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('value', NEW.id::text);\n        END IF;\n        RETURN NULL;\n        ", hash='f33c45011da08fae067c1170a6bf85173e953927', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_marks_listing_fbfc5', table='catalog_optionvalue', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='product',
            trigger=pgtrigger.compiler.Trigger(name='marks_listing', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN\n            RETURN NULL;\n        END IF;\n        IF TG_OP <> 'INSERT' THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('product', OLD.id::text);\n        END IF;\n        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.id::text IS DISTINCT FROM NEW.id::text THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('product', NEW.id::text);\n        END IF;\n        RETURN NULL;\n        ", hash='cb0103ba6ab931213ee96b4a79847cd72ac8435d', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_marks_listing_4a2a9', table='catalog_product', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='productimage',
            trigger=pgtrigger.compiler.Trigger(name='marks_listing', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN\n            RETURN NULL;\n        END IF;\n        IF TG_OP <> 'INSERT' THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('product', OLD.product_id::text);\n        END IF;\n        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.product_id::text IS DISTINCT FROM NEW.product_id::text THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('product', NEW.product_id::text);\n        END IF;\n        RETURN NULL;\n        ", hash='6c744be6cc6d33031a361875abb43e0356094269', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_marks_listing_0cb65', table='catalog_productimage', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='variant',
            trigger=pgtrigger.compiler.Trigger(name='marks_listing', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN\n            RETURN NULL;\n        END IF;\n        IF TG_OP <> 'INSERT' THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('product', OLD.product_id::text);\n        END IF;\n        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.product_id::text IS DISTINCT FROM NEW.product_id::text THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('product', NEW.product_id::text);\n        END IF;\n        RETURN NULL;\n        ", hash='e931181bd97cda59a41bca8f6c00070d0c04f9ef', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_marks_listing_2109d', table='catalog_variant', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='variantvalue',
            trigger=pgtrigger.compiler.Trigger(name='marks_listing', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN\n            RETURN NULL;\n        END IF;\n        IF TG_OP <> 'INSERT' THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('variant', OLD.variant_id::text);\n        END IF;\n        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.variant_id::text IS DISTINCT FROM NEW.variant_id::text THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('variant', NEW.variant_id::text);\n        END IF;\n        RETURN NULL;\n        ", hash='4cd6ff664975d1fc8b45008f7842314966d25d4f', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_marks_listing_41ae2', table='catalog_variantvalue', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='listing',
            index=models.Index(fields=['revision'], name='listing_revision'),
        ),
        migrations.AddIndex(
            model_name='listing',
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['document'], name='listing_document'),
        ),
        migrations.AddConstraint(
            model_name='listing',
            constraint=models.UniqueConstraint(fields=('product_id', 'colour_id'), name='listing_one_per_colour', nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name='listingmark',
            index=models.Index(fields=['kind', 'key'], name='listingmark_key'),
        ),
    ]
