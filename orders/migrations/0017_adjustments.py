"""Rows for what changes the price of a purchase, and the sum of them beside the others.

The rows of the purchases there are come with the next migration. Until every process runs this version, those of the
version before write the shipping as a sum alone; the triggers write its row.
"""

import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
import shop.core.countries
import shop.core.ids
from decimal import Decimal
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0016_functions_named_after_what_they_answer'),
    ]

    operations = [
        migrations.CreateModel(
            name='CheckoutAdjustment',
            fields=[
                ('id', models.UUIDField(default=shop.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                ('position', models.PositiveSmallIntegerField(verbose_name='position')),
                ('kind', models.CharField(max_length=40, verbose_name='kind')),
                ('source', models.CharField(blank=True, max_length=120, verbose_name='source')),
                ('label', models.CharField(blank=True, max_length=210, verbose_name='label')),
                ('target', models.CharField(choices=[('line', 'line'), ('shipping', 'shipping'), ('order', 'order')], max_length=10, verbose_name='belongs to')),
                ('unit', models.PositiveIntegerField(default=0, verbose_name='unit')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='amount')),
                ('tax', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14, verbose_name='tax')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
            ],
            options={
                'verbose_name': 'adjustment of a checkout',
                'verbose_name_plural': 'adjustments of checkouts',
                'ordering': ['position', 'id'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='OrderAdjustment',
            fields=[
                ('id', models.UUIDField(default=shop.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='updated')),
                ('position', models.PositiveSmallIntegerField(verbose_name='position')),
                ('kind', models.CharField(max_length=40, verbose_name='kind')),
                ('source', models.CharField(blank=True, max_length=120, verbose_name='source')),
                ('label', models.CharField(blank=True, max_length=210, verbose_name='label')),
                ('target', models.CharField(choices=[('line', 'line'), ('shipping', 'shipping'), ('order', 'order')], max_length=10, verbose_name='belongs to')),
                ('unit', models.PositiveIntegerField(default=0, verbose_name='unit')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='amount')),
                ('tax', models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=14, verbose_name='tax')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
            ],
            options={
                'verbose_name': 'adjustment of an order',
                'verbose_name_plural': 'adjustments of orders',
                'ordering': ['position', 'id'],
                'abstract': False,
            },
        ),
        migrations.RemoveConstraint(
            model_name='checkoutsession',
            name='checkoutsession_total_adds_up',
        ),
        migrations.RemoveConstraint(
            model_name='order',
            name='order_total_adds_up',
        ),
        migrations.AddField(
            model_name='checkoutsession',
            name='adjustment_total',
            field=models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0.00'), max_digits=14, verbose_name='adjustments'),
        ),
        migrations.AddField(
            model_name='order',
            name='adjustment_total',
            field=models.DecimalField(db_default=Decimal('0.00'), decimal_places=2, default=Decimal('0.00'), max_digits=14, verbose_name='adjustments'),
        ),
        migrations.AlterField(
            model_name='addresssnapshot',
            name='country',
            field=models.CharField(default=shop.core.countries.shop_country, max_length=2, verbose_name='country'),
        ),
        migrations.AlterField(
            model_name='shippingrate',
            name='country',
            field=models.CharField(default=shop.core.countries.shop_country, max_length=2, verbose_name='country'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='checkoutsession',
            trigger=pgtrigger.compiler.Trigger(name='adjustments_add_up', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', declare='DECLARE sums record; kept record;', func="\n-- What the end of this function writes is right, and halfway through it is not.\nIF pg_trigger_depth() > 1 THEN\n    RETURN NULL;\nEND IF;\nSELECT shipping_total, adjustment_total, shipping_name, currency INTO sums FROM orders_checkoutsession WHERE id = NEW.id;\nIF NOT FOUND THEN\n    RETURN NULL;\nEND IF;\nSELECT coalesce(sum(amount) FILTER (WHERE target = 'shipping'), 0) AS shipping,\n       coalesce(sum(amount) FILTER (WHERE target <> 'shipping'), 0) AS others,\n       coalesce(bool_or(kind = 'shipping' AND label = sums.shipping_name), false) AS is_named\n  INTO kept FROM orders_checkoutadjustment WHERE checkout_id = NEW.id;\nIF kept.others <> sums.adjustment_total THEN\n    RAISE EXCEPTION 'percha: adjustments add up to %, not to %', kept.others, sums.adjustment_total\n        USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_checkoutadjustment_add_up';\nEND IF;\n-- A process of the version before this table writes the shipping as a sum alone: its row follows.\nIF kept.shipping <> sums.shipping_total OR (sums.shipping_name <> '' AND NOT kept.is_named) THEN\n    DELETE FROM orders_checkoutadjustment WHERE checkout_id = NEW.id AND target = 'shipping';\n    IF sums.shipping_name <> '' OR sums.shipping_total <> 0 THEN\n        INSERT INTO orders_checkoutadjustment (id, created_at, updated_at, checkout_id, position, kind, source, label, target, unit,\n                                   amount, tax, currency)\n        VALUES (gen_random_uuid(), now(), now(), NEW.id, 0, 'shipping', '', sums.shipping_name, 'shipping', 0,\n                sums.shipping_total, 0, sums.currency);\n    END IF;\nEND IF;\nRETURN NULL;\n", hash='523654d197aa5b9036c55458e39d4d9a28f7932d', operation='INSERT OR UPDATE OF "shipping_total", "adjustment_total", "shipping_name"', pgid='pgtrigger_adjustments_add_up_7e382', table='orders_checkoutsession', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='order',
            trigger=pgtrigger.compiler.Trigger(name='adjustments_add_up', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', declare='DECLARE sums record; kept record;', func="\n-- What the end of this function writes is right, and halfway through it is not.\nIF pg_trigger_depth() > 1 THEN\n    RETURN NULL;\nEND IF;\nSELECT shipping_total, adjustment_total, shipping_name, currency INTO sums FROM orders_order WHERE id = NEW.id;\nIF NOT FOUND THEN\n    RETURN NULL;\nEND IF;\nSELECT coalesce(sum(amount) FILTER (WHERE target = 'shipping'), 0) AS shipping,\n       coalesce(sum(amount) FILTER (WHERE target <> 'shipping'), 0) AS others,\n       coalesce(bool_or(kind = 'shipping' AND label = sums.shipping_name), false) AS is_named\n  INTO kept FROM orders_orderadjustment WHERE order_id = NEW.id;\nIF kept.others <> sums.adjustment_total THEN\n    RAISE EXCEPTION 'percha: adjustments add up to %, not to %', kept.others, sums.adjustment_total\n        USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_orderadjustment_add_up';\nEND IF;\n-- A process of the version before this table writes the shipping as a sum alone: its row follows.\nIF kept.shipping <> sums.shipping_total OR (sums.shipping_name <> '' AND NOT kept.is_named) THEN\n    DELETE FROM orders_orderadjustment WHERE order_id = NEW.id AND target = 'shipping';\n    IF sums.shipping_name <> '' OR sums.shipping_total <> 0 THEN\n        INSERT INTO orders_orderadjustment (id, created_at, updated_at, order_id, position, kind, source, label, target, unit,\n                                   amount, tax, currency)\n        VALUES (gen_random_uuid(), now(), now(), NEW.id, 0, 'shipping', '', sums.shipping_name, 'shipping', 0,\n                sums.shipping_total, 0, sums.currency);\n    END IF;\nEND IF;\nRETURN NULL;\n", hash='0355ed1403f83d7b470686cfa4ba95d53d158e2a', operation='INSERT OR UPDATE OF "shipping_total", "adjustment_total", "shipping_name"', pgid='pgtrigger_adjustments_add_up_f107b', table='orders_order', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        AddConstraintNotValid(
            model_name='checkoutsession',
            constraint=models.CheckConstraint(condition=models.Q(('total', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('subtotal'), '+', models.F('shipping_total')), '+', models.F('adjustment_total'))), ('total__gte', 0)), name='checkoutsession_total_adds_up'),
        ),
        AddConstraintNotValid(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('total', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('subtotal'), '+', models.F('shipping_total')), '+', models.F('adjustment_total'))), ('total__gte', 0)), name='order_total_adds_up'),
        ),
        migrations.AddField(
            model_name='checkoutadjustment',
            name='checkout',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='adjustments', to='orders.checkoutsession'),
        ),
        migrations.AddField(
            model_name='checkoutadjustment',
            name='line',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='adjustments', to='orders.checkoutline'),
        ),
        # Who deletes a checkout or a line of it, of whatever version, deletes its adjustments with it.
        migrations.RunSQL(
            "ALTER TABLE orders_checkoutadjustment"
            " ADD CONSTRAINT checkoutadjustment_checkout_fk FOREIGN KEY (checkout_id)"
            " REFERENCES orders_checkoutsession (id) ON DELETE CASCADE,"
            " ADD CONSTRAINT checkoutadjustment_line_fk FOREIGN KEY (line_id)"
            " REFERENCES orders_checkoutline (id) ON DELETE CASCADE",
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            model_name='orderadjustment',
            name='line',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='adjustments', to='orders.orderline', verbose_name='order line'),
        ),
        migrations.AddField(
            model_name='orderadjustment',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adjustments', to='orders.order', verbose_name='order'),
        ),
        migrations.AddConstraint(
            model_name='checkoutadjustment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('line__isnull', False), ('target', 'line')), models.Q(('line__isnull', True), ('target__in', ['shipping', 'order']), ('unit', 0)), _connector='OR'), name='checkoutadjustment_belongs_somewhere'),
        ),
        migrations.AddConstraint(
            model_name='checkoutadjustment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('target', 'order'), _negated=True), ('amount__gte', 0), _connector='OR'), name='checkoutadjustment_of_order_not_negative'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='checkoutadjustment',
            trigger=pgtrigger.compiler.Trigger(name='adjustments_add_up', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', declare='DECLARE sums record; kept record;', func="\n-- What the end of this function writes is right, and halfway through it is not.\nIF pg_trigger_depth() > 1 THEN\n    RETURN NULL;\nEND IF;\nSELECT shipping_total, adjustment_total, shipping_name, currency INTO sums FROM orders_checkoutsession WHERE id = coalesce(NEW.checkout_id, OLD.checkout_id);\nIF NOT FOUND THEN\n    RETURN NULL;\nEND IF;\nSELECT coalesce(sum(amount) FILTER (WHERE target = 'shipping'), 0) AS shipping,\n       coalesce(sum(amount) FILTER (WHERE target <> 'shipping'), 0) AS others,\n       coalesce(bool_or(kind = 'shipping' AND label = sums.shipping_name), false) AS is_named\n  INTO kept FROM orders_checkoutadjustment WHERE checkout_id = coalesce(NEW.checkout_id, OLD.checkout_id);\nIF kept.others <> sums.adjustment_total THEN\n    RAISE EXCEPTION 'percha: adjustments add up to %, not to %', kept.others, sums.adjustment_total\n        USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_checkoutadjustment_add_up';\nEND IF;\n-- A process of the version before this table writes the shipping as a sum alone: its row follows.\nIF kept.shipping <> sums.shipping_total OR (sums.shipping_name <> '' AND NOT kept.is_named) THEN\n    DELETE FROM orders_checkoutadjustment WHERE checkout_id = coalesce(NEW.checkout_id, OLD.checkout_id) AND target = 'shipping';\n    IF sums.shipping_name <> '' OR sums.shipping_total <> 0 THEN\n        INSERT INTO orders_checkoutadjustment (id, created_at, updated_at, checkout_id, position, kind, source, label, target, unit,\n                                   amount, tax, currency)\n        VALUES (gen_random_uuid(), now(), now(), coalesce(NEW.checkout_id, OLD.checkout_id), 0, 'shipping', '', sums.shipping_name, 'shipping', 0,\n                sums.shipping_total, 0, sums.currency);\n    END IF;\nEND IF;\nRETURN NULL;\n", hash='334724e339885c10e402f2ba813a608a99345993', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_adjustments_add_up_d6ed5', table='orders_checkoutadjustment', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='orderadjustment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('line__isnull', False), ('target', 'line')), models.Q(('line__isnull', True), ('target__in', ['shipping', 'order']), ('unit', 0)), _connector='OR'), name='orderadjustment_belongs_somewhere'),
        ),
        migrations.AddConstraint(
            model_name='orderadjustment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('target', 'order'), _negated=True), ('amount__gte', 0), _connector='OR'), name='orderadjustment_of_order_not_negative'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='orderadjustment',
            trigger=pgtrigger.compiler.Trigger(name='adjustments_add_up', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', declare='DECLARE sums record; kept record;', func="\n-- What the end of this function writes is right, and halfway through it is not.\nIF pg_trigger_depth() > 1 THEN\n    RETURN NULL;\nEND IF;\nSELECT shipping_total, adjustment_total, shipping_name, currency INTO sums FROM orders_order WHERE id = coalesce(NEW.order_id, OLD.order_id);\nIF NOT FOUND THEN\n    RETURN NULL;\nEND IF;\nSELECT coalesce(sum(amount) FILTER (WHERE target = 'shipping'), 0) AS shipping,\n       coalesce(sum(amount) FILTER (WHERE target <> 'shipping'), 0) AS others,\n       coalesce(bool_or(kind = 'shipping' AND label = sums.shipping_name), false) AS is_named\n  INTO kept FROM orders_orderadjustment WHERE order_id = coalesce(NEW.order_id, OLD.order_id);\nIF kept.others <> sums.adjustment_total THEN\n    RAISE EXCEPTION 'percha: adjustments add up to %, not to %', kept.others, sums.adjustment_total\n        USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_orderadjustment_add_up';\nEND IF;\n-- A process of the version before this table writes the shipping as a sum alone: its row follows.\nIF kept.shipping <> sums.shipping_total OR (sums.shipping_name <> '' AND NOT kept.is_named) THEN\n    DELETE FROM orders_orderadjustment WHERE order_id = coalesce(NEW.order_id, OLD.order_id) AND target = 'shipping';\n    IF sums.shipping_name <> '' OR sums.shipping_total <> 0 THEN\n        INSERT INTO orders_orderadjustment (id, created_at, updated_at, order_id, position, kind, source, label, target, unit,\n                                   amount, tax, currency)\n        VALUES (gen_random_uuid(), now(), now(), coalesce(NEW.order_id, OLD.order_id), 0, 'shipping', '', sums.shipping_name, 'shipping', 0,\n                sums.shipping_total, 0, sums.currency);\n    END IF;\nEND IF;\nRETURN NULL;\n", hash='0aed96b36fa5c3197dec4a26128213a09dd0d052', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_adjustments_add_up_b4c55', table='orders_orderadjustment', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
    ]
