-- Triggers that note which orders and checkouts the reports must count again (shop/reports/models/changes.py).
-- Installed by a migration; a change needs one that installs it again.
--
-- Each writes one row in the transaction of the change, where something changed that a report counts: no lock is
-- taken, nothing is compared, and the job of the reports reads the row once it is committed.
CREATE OR REPLACE FUNCTION reports_note_order() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    INSERT INTO reports_reportchange (order_id) VALUES (NEW.id);
    RETURN NULL;
END $function$;
CREATE OR REPLACE FUNCTION reports_note_order_of() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    IF NEW.order_id IS NOT NULL THEN
        INSERT INTO reports_reportchange (order_id) VALUES (NEW.order_id);
    END IF;
    RETURN NULL;
END $function$;
CREATE OR REPLACE FUNCTION reports_note_payment_of() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    INSERT INTO reports_reportchange (order_id)
    SELECT order_id FROM payments_payment WHERE id = NEW.payment_id AND order_id IS NOT NULL;
    RETURN NULL;
END $function$;
CREATE OR REPLACE FUNCTION reports_note_installment_of() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    INSERT INTO reports_reportchange (order_id)
    SELECT plan.order_id FROM orders_installment AS i JOIN orders_installmentplan AS plan ON plan.id = i.plan_id
     WHERE i.id = NEW.installment_id;
    RETURN NULL;
END $function$;
CREATE OR REPLACE FUNCTION reports_note_checkout() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
    INSERT INTO reports_reportchange (at) VALUES (NEW.created_at);
    RETURN NULL;
END $function$;

CREATE OR REPLACE TRIGGER reports_new AFTER INSERT ON orders_order
   FOR EACH ROW EXECUTE FUNCTION reports_note_order();
CREATE OR REPLACE TRIGGER reports_changed AFTER UPDATE OF status, placed_at, currency, total ON orders_order
   FOR EACH ROW
  WHEN ((OLD.status, OLD.placed_at, OLD.currency, OLD.total)
        IS DISTINCT FROM (NEW.status, NEW.placed_at, NEW.currency, NEW.total))
EXECUTE FUNCTION reports_note_order();
CREATE OR REPLACE TRIGGER reports_new AFTER INSERT ON orders_installmentplan
   FOR EACH ROW EXECUTE FUNCTION reports_note_order_of();
CREATE OR REPLACE TRIGGER reports_changed AFTER UPDATE OF status ON orders_installmentplan
   FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION reports_note_order_of();
CREATE OR REPLACE TRIGGER reports_new AFTER INSERT ON orders_installmentevent
   FOR EACH ROW WHEN (NEW.kind IN ('waived', 'late', 'reduced', 'refunded', 'restored'))
EXECUTE FUNCTION reports_note_installment_of();
CREATE OR REPLACE TRIGGER reports_new AFTER INSERT ON orders_reimbursement
   FOR EACH ROW EXECUTE FUNCTION reports_note_order_of();
CREATE OR REPLACE TRIGGER reports_changed AFTER UPDATE OF status, counts_itself ON orders_reimbursement
   FOR EACH ROW
  WHEN ((OLD.status, OLD.counts_itself) IS DISTINCT FROM (NEW.status, NEW.counts_itself))
EXECUTE FUNCTION reports_note_order_of();
CREATE OR REPLACE TRIGGER reports_new AFTER INSERT ON payments_payment
   FOR EACH ROW WHEN (NEW.role = 'order') EXECUTE FUNCTION reports_note_order_of();
CREATE OR REPLACE TRIGGER reports_changed
 AFTER UPDATE OF role, order_id, amount, currency, refunded_amount, charged_back_amount ON payments_payment
   FOR EACH ROW
  WHEN ((OLD.role, OLD.order_id, OLD.amount, OLD.currency, OLD.refunded_amount, OLD.charged_back_amount)
        IS DISTINCT FROM
        (NEW.role, NEW.order_id, NEW.amount, NEW.currency, NEW.refunded_amount, NEW.charged_back_amount))
EXECUTE FUNCTION reports_note_order_of();
CREATE OR REPLACE TRIGGER reports_new AFTER INSERT ON payments_refund
   FOR EACH ROW EXECUTE FUNCTION reports_note_payment_of();
CREATE OR REPLACE TRIGGER reports_changed AFTER UPDATE OF status, amount ON payments_refund
   FOR EACH ROW WHEN ((OLD.status, OLD.amount) IS DISTINCT FROM (NEW.status, NEW.amount))
EXECUTE FUNCTION reports_note_payment_of();
CREATE OR REPLACE TRIGGER reports_changed AFTER UPDATE OF status, closed_at ON payments_dispute
   FOR EACH ROW WHEN ((OLD.status, OLD.closed_at) IS DISTINCT FROM (NEW.status, NEW.closed_at))
EXECUTE FUNCTION reports_note_payment_of();
CREATE OR REPLACE TRIGGER reports_new AFTER INSERT ON orders_checkoutsession
   FOR EACH ROW EXECUTE FUNCTION reports_note_checkout();
CREATE OR REPLACE TRIGGER reports_changed AFTER UPDATE OF status ON orders_checkoutsession
   FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION reports_note_checkout();
