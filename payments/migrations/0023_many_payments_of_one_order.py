"""Several refunds pay one reimbursement, whose own lines go on counting then."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0023_whole_debt_of_a_plan_may_go_back'),
        ('payments', '0022_bank_transfers'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='refund',
            name='lines_within_order',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='refundline',
            name='within_order',
        ),
        migrations.RemoveConstraint(
            model_name='reimbursementpart',
            name='reimbursement_part_once_a_way',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refund',
            trigger=pgtrigger.compiler.Trigger(name='lines_within_order', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE the_order uuid;', func="\n                IF OLD.status <> 'failed' OR NEW.status <> 'requested' OR NOT EXISTS (\n                    SELECT 1 FROM payments_refundline WHERE refund_id = NEW.id\n                ) THEN\n                    RETURN NEW;\n                END IF;\n                SELECT order_id INTO the_order FROM payments_payment WHERE id = NEW.payment_id;\n                PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;\n                IF EXISTS (\n                    SELECT 1 FROM payments_refundline mine JOIN orders_orderline o ON o.id = mine.order_line_id\n                      CROSS JOIN LATERAL (\n                        SELECT coalesce(sum(quantity), 0) AS units, coalesce(sum(amount), 0) AS amount FROM (\n                            SELECT l.quantity, l.amount\n                              FROM payments_refundline l JOIN payments_refund r ON r.id = l.refund_id\n                             WHERE l.order_line_id = mine.order_line_id AND r.status <> 'failed' AND r.id <> NEW.id\n                             UNION ALL\n                            SELECT l.quantity, l.amount FROM orders_reimbursementline l\n                              JOIN orders_reimbursement r ON r.id = l.reimbursement_id\n                             WHERE l.order_line_id = mine.order_line_id AND r.counts_itself\n                        ) AS gone\n                      ) AS back\n                      CROSS JOIN LATERAL (\n                        SELECT o.total + coalesce(sum(amount), 0) AS amount\n                          FROM orders_orderadjustment WHERE line_id = o.id\n                      ) AS paid\n                     WHERE mine.refund_id = NEW.id AND (\n                        o.quantity < mine.quantity + back.units OR paid.amount < mine.amount + back.amount\n                        OR o.quantity = mine.quantity + back.units AND paid.amount <> mine.amount + back.amount)\n                ) OR EXISTS (\n                    SELECT 1 FROM payments_refundline mine JOIN orders_order o ON o.id = the_order\n                     WHERE mine.refund_id = NEW.id AND mine.order_line_id IS NULL AND o.shipping_total + (\n                        SELECT coalesce(sum(amount), 0) FROM orders_orderadjustment\n                         WHERE order_id = the_order AND target = 'order') < mine.amount + (\n                        SELECT coalesce(sum(l.amount), 0) FROM payments_refundline l\n                          JOIN payments_refund r ON r.id = l.refund_id\n                          JOIN payments_payment p ON p.id = r.payment_id\n                         WHERE l.order_line_id IS NULL AND p.order_id = the_order\n                           AND r.status <> 'failed' AND r.id <> NEW.id) + (\n                        SELECT coalesce(sum(l.amount), 0) FROM orders_reimbursementline l\n                          JOIN orders_reimbursement r ON r.id = l.reimbursement_id\n                         WHERE l.kind = 'shipping' AND r.order_id = the_order AND r.counts_itself)\n                ) THEN\n                    RAISE EXCEPTION 'percha: what this refund gives back has been given back by another one'\n                        USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_line_within_order';\n                END IF;\n                RETURN NEW;\n                ", hash='bb8da85b21999c9cfed41989343e8c1d9da591d0', operation='UPDATE OF "status"', pgid='pgtrigger_lines_within_order_0bcc4', table='payments_refund', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='refundline',
            trigger=pgtrigger.compiler.Trigger(name='within_order', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE the_order uuid; ordered int; price numeric; taken int; paid numeric; back numeric; is_adjusted bool;', func="\nSELECT p.order_id INTO the_order\n  FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id WHERE r.id = NEW.refund_id;\nSELECT shipping_total INTO paid FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;\nIF NEW.order_line_id IS NULL THEN\n    SELECT paid + coalesce(sum(amount), 0) INTO paid\n      FROM orders_orderadjustment WHERE order_id = the_order AND target = 'order';\n    SELECT coalesce(sum(l.amount), 0) INTO back FROM payments_refundline l\n      JOIN payments_refund r ON r.id = l.refund_id JOIN payments_payment p ON p.id = r.payment_id\n     WHERE l.order_line_id IS NULL AND p.order_id = the_order AND r.status <> 'failed' AND l.id <> NEW.id;\n    SELECT back + coalesce(sum(l.amount), 0) INTO back FROM orders_reimbursementline l\n      JOIN orders_reimbursement r ON r.id = l.reimbursement_id\n     WHERE l.kind = 'shipping' AND r.order_id = the_order AND r.counts_itself;\n    IF paid IS NULL OR back + NEW.amount > paid THEN\n        RAISE EXCEPTION 'percha: shipping of % would go back of %', back + NEW.amount, paid\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_line_within_order';\n    END IF;\n    RETURN NEW;\nEND IF;\nSELECT quantity, unit_price, total INTO ordered, price, paid\n  FROM orders_orderline WHERE id = NEW.order_line_id AND order_id = the_order;\nSELECT paid + coalesce(sum(amount), 0), coalesce(bool_or(amount <> 0), false) INTO paid, is_adjusted\n  FROM orders_orderadjustment WHERE line_id = NEW.order_line_id;\nSELECT coalesce(sum(l.quantity), 0), coalesce(sum(l.amount), 0) INTO taken, back FROM payments_refundline l\n  JOIN payments_refund r ON r.id = l.refund_id\n WHERE l.order_line_id = NEW.order_line_id AND r.status <> 'failed' AND l.id <> NEW.id;\nSELECT taken + coalesce(sum(l.quantity), 0), back + coalesce(sum(l.amount), 0) INTO taken, back\n  FROM orders_reimbursementline l JOIN orders_reimbursement r ON r.id = l.reimbursement_id\n WHERE l.order_line_id = NEW.order_line_id AND r.counts_itself;\nIF ordered IS NULL OR taken + NEW.quantity > ordered\n   OR (NOT is_adjusted AND NEW.amount <> NEW.quantity * price)\n   OR (is_adjusted AND back + NEW.amount > paid)\n   OR (is_adjusted AND taken + NEW.quantity = ordered AND back + NEW.amount <> paid) THEN\n    RAISE EXCEPTION 'percha: % units would go back of %', taken + NEW.quantity, ordered\n        USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_line_within_order';\nEND IF;\nRETURN NEW;\n", hash='ef032ae15e747b957d518ebf51456b0ff6c1ec56', operation='INSERT', pgid='pgtrigger_within_order_cd97d', table='payments_refundline', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='reimbursementpart',
            constraint=models.UniqueConstraint(condition=models.Q(('refund', None)), fields=('reimbursement', 'way'), name='reimbursement_part_once_unrefunded'),
        ),
    ]
