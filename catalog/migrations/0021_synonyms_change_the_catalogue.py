"""Pages of searches are made again when synonyms change, as when anything else of the catalogue does."""


import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0020_one_index_of_beginnings'),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name='searchsynonyms',
            trigger=pgtrigger.compiler.Trigger(name='changes_catalogue', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;', hash='3e48df76ace907d48e7c127a7fa85d3b32fd6d44', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_changes_catalogue_cac88', table='catalog_searchsynonyms', when='AFTER')),
        ),
    ]
