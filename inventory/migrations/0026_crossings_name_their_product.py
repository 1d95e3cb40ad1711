"""Units that come to be few, or none, are noted for their product."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0019_generations_of_pages'),
        ('inventory', '0025_stock_marks_the_lists'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='stocklevel',
            name='changes_availability',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stocklevel',
            trigger=pgtrigger.compiler.Trigger(name='changes_availability', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.on_hand - OLD.reserved <> NEW.on_hand - NEW.reserved AND LEAST(OLD.on_hand - OLD.reserved, NEW.on_hand - NEW.reserved) <= 100)', func="\n        IF LEAST(OLD.on_hand - OLD.reserved, NEW.on_hand - NEW.reserved)\n           <= coalesce((SELECT units FROM catalog_lowstockhint WHERE id = 1), 100) THEN\n            INSERT INTO catalog_catalogchange (changes, changed_at, product_id)\n            SELECT 1, clock_timestamp(), variant.product_id\n              FROM catalog_variant AS variant WHERE variant.id = NEW.variant_id;\n            INSERT INTO catalog_listingmark (kind, key) VALUES ('variant', NEW.variant_id::text);\n        END IF;\n        RETURN NULL;\n        ", hash='992b1d088122c520bfc32cf4191d607a79ddff96', operation='UPDATE OF "on_hand", "reserved"', pgid='pgtrigger_changes_availability_71a00', table='inventory_stocklevel', when='AFTER')),
        ),
    ]
