"""Of an order paid in instalments its whole debt may go back; lines that no refund speaks for go on counting."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0022_default_installment_offers'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='reimbursement',
            name='within_order',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='reimbursementline',
            name='within_order',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reimbursement',
            trigger=pgtrigger.compiler.Trigger(name='within_order', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE paid numeric; back numeric; owed numeric; debt numeric;', func="\nPERFORM 1 FROM orders_order WHERE id = NEW.order_id FOR NO KEY UPDATE;\nSELECT coalesce(sum(amount), (SELECT total FROM orders_order WHERE id = NEW.order_id)) INTO paid\n  FROM payments_payment WHERE order_id = NEW.order_id AND role = 'order';\nSELECT coalesce(sum(r.amount), 0) INTO back\n  FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id\n WHERE p.order_id = NEW.order_id AND p.role = 'order' AND r.status <> 'failed';\n-- Of an order paid in instalments its whole debt may go back, paid or not; what has gone back is in `reduced`.\nSELECT sum(i.amount + i.late - i.reduced) INTO debt\n  FROM orders_installment i JOIN orders_installmentplan p ON p.id = i.plan_id WHERE p.order_id = NEW.order_id;\nIF debt IS NOT NULL THEN\n    SELECT debt, 0 INTO paid, back;\nEND IF;\nSELECT coalesce(sum(amount), 0) INTO owed FROM orders_reimbursement\n WHERE order_id = NEW.order_id AND status = 'owed' AND id <> NEW.id;\nIF back + owed + NEW.amount > paid THEN\n    RAISE EXCEPTION 'percha: % would go back of % paid', back + owed + NEW.amount, paid\n        USING ERRCODE = 'check_violation', CONSTRAINT = 'reimbursement_within_order';\nEND IF;\nRETURN NEW;\n", hash='cd44e0ea5a91a1e624eaa3616fc462f94e57d47f', operation='INSERT', pgid='pgtrigger_within_order_5ce0d', table='orders_reimbursement', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reimbursementline',
            trigger=pgtrigger.compiler.Trigger(name='within_order', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE the_order uuid; paid numeric; back numeric; ordered int; taken int;', func="\nSELECT order_id INTO the_order FROM orders_reimbursement WHERE id = NEW.reimbursement_id;\nPERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;\nIF NEW.kind = 'sum' THEN\n    RETURN NEW;\nEND IF;\nIF NEW.kind = 'shipping' THEN\n    SELECT shipping_total, 1 INTO paid, ordered FROM orders_order WHERE id = the_order;\n    SELECT paid + coalesce(sum(amount), 0) INTO paid\n      FROM orders_orderadjustment WHERE order_id = the_order AND target = 'order';\nELSE\n    SELECT total, quantity INTO paid, ordered FROM orders_orderline\n     WHERE id = NEW.order_line_id AND order_id = the_order;\n    SELECT paid + coalesce(sum(amount), 0) INTO paid\n      FROM orders_orderadjustment WHERE line_id = NEW.order_line_id;\nEND IF;\nSELECT coalesce(sum(l.amount), 0), coalesce(sum(l.quantity), 0) INTO back, taken\n  FROM payments_refundline l\n  JOIN payments_refund r ON r.id = l.refund_id\n  JOIN payments_payment p ON p.id = r.payment_id\n WHERE p.order_id = the_order AND r.status <> 'failed' AND l.order_line_id IS NOT DISTINCT FROM NEW.order_line_id;\nSELECT coalesce(sum(l.amount), 0) + back, coalesce(sum(l.quantity), 0) + taken INTO back, taken\n  FROM orders_reimbursementline l JOIN orders_reimbursement r ON r.id = l.reimbursement_id\n WHERE r.order_id = the_order AND (r.status = 'owed' OR r.counts_itself) AND l.kind = NEW.kind AND l.id <> NEW.id\n   AND l.order_line_id IS NOT DISTINCT FROM NEW.order_line_id;\nIF paid IS NULL OR back + NEW.amount > paid OR (NEW.kind = 'line' AND taken + NEW.quantity > ordered) THEN\n    RAISE EXCEPTION 'percha: % for % units would go back of % paid', back + NEW.amount, taken + NEW.quantity, paid\n        USING ERRCODE = 'check_violation', CONSTRAINT = 'reimbursement_line_within_order';\nEND IF;\nRETURN NEW;\n", hash='82c7ec69b4f789a3d39437b4aeb31db5d77342a0', operation='INSERT', pgid='pgtrigger_within_order_64aa0', table='orders_reimbursementline', when='BEFORE')),
        ),
    ]
