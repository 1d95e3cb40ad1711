"""Units that come to be few, or out, change the catalogue."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('inventory', '0021_facts_of_violations'),
        ('catalog', '0012_the_catalogue_has_a_version'),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name='location',
            trigger=pgtrigger.compiler.Trigger(name='changes_catalogue', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;', hash='7e4d03aa55558c7ad5d94e9c53c05724007faf01', level='STATEMENT', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_changes_catalogue_32c04', table='inventory_location', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stocklevel',
            trigger=pgtrigger.compiler.Trigger(name='changes_availability', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.on_hand - OLD.reserved <> NEW.on_hand - NEW.reserved AND LEAST(OLD.on_hand - OLD.reserved, NEW.on_hand - NEW.reserved) <= 100)', func='\n        IF LEAST(OLD.on_hand - OLD.reserved, NEW.on_hand - NEW.reserved)\n           <= coalesce((SELECT units FROM catalog_lowstockhint WHERE id = 1), 100) THEN\n            INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp());\n        END IF;\n        RETURN NULL;\n        ', hash='161317ced1938424fe1825c7b46d581f59878802', operation='UPDATE OF "on_hand", "reserved"', pgid='pgtrigger_changes_availability_71a00', table='inventory_stocklevel', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stocklevel',
            trigger=pgtrigger.compiler.Trigger(name='changes_catalogue', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;', hash='22712829c97aee594ca7a7ceb1cf7e6976d0edef', level='STATEMENT', operation='DELETE', pgid='pgtrigger_changes_catalogue_9e7fa', table='inventory_stocklevel', when='AFTER')),
        ),
    ]
