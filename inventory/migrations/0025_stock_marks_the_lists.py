"""A crossing of few or no units notes that rows of the lists must be made again."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0015_rows_of_the_lists'),
        ('inventory', '0024_reservations_of_exchanges'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='stocklevel',
            name='changes_availability',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='location',
            trigger=pgtrigger.compiler.Trigger(name='marks_listing', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN\n            RETURN NULL;\n        END IF;\n        IF TG_OP <> 'INSERT' THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('all', '');\n        END IF;\n        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND '' IS DISTINCT FROM '' THEN\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('all', '');\n        END IF;\n        RETURN NULL;\n        ", hash='76fddf7a5ab899dcfd03bec582236ca192f977d3', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_marks_listing_fba2a', table='inventory_location', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stocklevel',
            trigger=pgtrigger.compiler.Trigger(name='changes_availability', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.on_hand - OLD.reserved <> NEW.on_hand - NEW.reserved AND LEAST(OLD.on_hand - OLD.reserved, NEW.on_hand - NEW.reserved) <= 100)', func="\n        IF LEAST(OLD.on_hand - OLD.reserved, NEW.on_hand - NEW.reserved)\n           <= coalesce((SELECT units FROM catalog_lowstockhint WHERE id = 1), 100) THEN\n            INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp());\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('variant', NEW.variant_id::text);\n        END IF;\n        RETURN NULL;\n        ", hash='abc356cd08806e093ae3fc7bccd37ec626a2091d', operation='UPDATE OF "on_hand", "reserved"', pgid='pgtrigger_changes_availability_71a00', table='inventory_stocklevel', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stocklevel',
            trigger=pgtrigger.compiler.Trigger(name='marks_listing', sql=pgtrigger.compiler.UpsertTriggerSql(func="INSERT INTO catalog_listingmark (kind, key) VALUES ('variant', OLD.variant_id::text); RETURN NULL;", hash='2be5502bf2d69b02f66d9e9f25e995310530fcb3', operation='DELETE', pgid='pgtrigger_marks_listing_0b243', table='inventory_stocklevel', when='AFTER')),
        ),
    ]
