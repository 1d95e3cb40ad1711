"""Invoices, credit notes, debit notes and plain receipts: what was issued, under which number, in which words.

A document is a snapshot. Once it is issued the database refuses every change of it (`_ISSUED_NEVER_CHANGES`), except
that its buyer is forgotten when the law's years are over. Lines of credit notes refer to the lines that they credit,
and triggers refuse more units or money than were invoiced, debit notes included.
"""

from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.models.exchanges import ExchangeCharge
from orders.models.invoice_series import InvoiceSeries
from orders.models.order import Order, OrderLine
from orders.models.reimbursements import Reimbursement
from shop.core.models import BaseModel
from shop.core.states import Table
from shop.core.user_input.fields import ModelMoneyField
from shop.core.user_input.rates import ModelRateField

_ISSUED_NEVER_CHANGES = """
IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'percha: issued document % cannot be deleted', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'issued_never_changes';
END IF;
IF (OLD.order_id, OLD.kind, OLD.status, OLD.provider, OLD.series_id, OLD.number, OLD.name, OLD.issued_on, OLD.issued_at,
    OLD.currency, OLD.total, OLD.net, OLD.tax, OLD.related_to_id, OLD.authorisation, OLD.authorisation_due,
    OLD.dedupe_key)
   IS DISTINCT FROM
   (NEW.order_id, NEW.kind, NEW.status, NEW.provider, NEW.series_id, NEW.number, NEW.name, NEW.issued_on, NEW.issued_at,
    NEW.currency, NEW.total, NEW.net, NEW.tax, NEW.related_to_id, NEW.authorisation, NEW.authorisation_due,
    NEW.dedupe_key)
   -- The buyer may be forgotten once, and nothing else of the content changes then.
   OR (NEW.content IS DISTINCT FROM OLD.content AND (OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL
       OR NEW.content - 'buyer' IS DISTINCT FROM OLD.content - 'buyer'))
   OR (OLD.erased_at IS NOT NULL AND NEW.erased_at IS DISTINCT FROM OLD.erased_at) THEN
    RAISE EXCEPTION 'percha: issued document % cannot be changed', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'issued_never_changes';
END IF;
RETURN NEW;
"""

# Lines of a number that the tax office refused go away with it; those of an issued document stay.
_LINES_STAY = """
PERFORM 1 FROM orders_invoice WHERE id = OLD.invoice_id AND status IN ('authorised', 'sent', 'unknown');
IF FOUND THEN
    RAISE EXCEPTION 'percha: a line of an issued document cannot be deleted'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'issued_never_changes';
END IF;
RETURN OLD;
"""

_CREDITED_WITHIN = """
SELECT related_to_id INTO the_invoice FROM orders_invoice WHERE id = NEW.invoice_id AND kind = 'credit_note';
IF the_invoice IS NULL THEN
    IF NEW.credits_id IS NOT NULL THEN
        RAISE EXCEPTION 'percha: only a credit note credits lines'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credited_within_invoice';
    END IF;
    RETURN NEW;
END IF;
SELECT total INTO invoiced FROM orders_invoice WHERE id = the_invoice FOR NO KEY UPDATE;
SELECT invoiced + coalesce(sum(total), 0) INTO invoiced FROM orders_invoice
 WHERE related_to_id = the_invoice AND kind = 'debit_note' AND status = 'authorised';
SELECT coalesce(sum(l.amount), 0) INTO credited
  FROM orders_invoiceline l JOIN orders_invoice n ON n.id = l.invoice_id
 WHERE n.related_to_id = the_invoice AND n.kind = 'credit_note'
   AND n.status IN ('reserved', 'sent', 'unknown', 'authorised');
IF credited + NEW.amount > invoiced THEN
    RAISE EXCEPTION 'percha: % would be credited of % invoiced', credited + NEW.amount, invoiced
        USING ERRCODE = 'check_violation', CONSTRAINT = 'credited_within_invoice';
END IF;
IF NEW.credits_id IS NULL THEN
    RETURN NEW;
END IF;
SELECT quantity, amount INTO line FROM orders_invoiceline
 WHERE id = NEW.credits_id AND invoice_id = the_invoice;
SELECT coalesce(sum(l.quantity), 0) AS quantity, coalesce(sum(l.amount), 0) AS amount INTO gone
  FROM orders_invoiceline l JOIN orders_invoice n ON n.id = l.invoice_id
 WHERE l.credits_id = NEW.credits_id AND n.status IN ('reserved', 'sent', 'unknown', 'authorised');
IF line.quantity IS NULL OR gone.amount + NEW.amount > line.amount
   OR (NEW.kind = 'line' AND gone.quantity + NEW.quantity > line.quantity) THEN
    RAISE EXCEPTION 'percha: % for % units would be credited of a line of %',
        gone.amount + NEW.amount, gone.quantity + NEW.quantity, line.amount
        USING ERRCODE = 'check_violation', CONSTRAINT = 'credited_within_invoice';
END IF;
RETURN NEW;
"""


class Invoice(BaseModel):
    """One document: an invoice, a credit or debit note, or a plain receipt where no tax office is asked.

    A draft is an order to issue one: it has no number, and `next_try_at` makes it due. `content` is everything that is
    printed, as it was when the number was reserved; `total`, `net` and `tax` are in `currency`. `related_to` is the
    invoice that a note credits, or adds to: a debit note bills what a buyer paid for an exchange (`charge`) above what
    the invoice says. `dedupe_key` makes one for each cause.
    """

    class Kind(models.TextChoices):
        RECEIPT = "receipt", _("sales receipt")
        INVOICE = "invoice", _("invoice")
        CREDIT_NOTE = "credit_note", _("credit note")
        DEBIT_NOTE = "debit_note", _("debit note")

    class Status(models.TextChoices):
        DRAFT = "draft", _("to be issued")
        RESERVED = "reserved", _("numbered")
        SENT = "sent", _("sent to the tax office")
        UNKNOWN = "unknown", _("not answered")
        AUTHORISED = "authorised", _("issued")
        REJECTED = "rejected", _("refused")
        VOID = "void", _("not needed")

    TRANSITIONS: ClassVar[Table] = {
        Status.DRAFT: {Status.RESERVED, Status.AUTHORISED, Status.REJECTED, Status.VOID},
        # Its number goes back where it was never sent, or belongs to somebody else.
        Status.RESERVED: {Status.SENT, Status.DRAFT},
        Status.SENT: {Status.AUTHORISED, Status.REJECTED, Status.UNKNOWN, Status.RESERVED},
        Status.UNKNOWN: {Status.AUTHORISED, Status.RESERVED, Status.DRAFT},
        Status.REJECTED: {Status.DRAFT, Status.VOID},
        Status.VOID: {Status.DRAFT},
        Status.AUTHORISED: set(),
    }
    # What the tax office may know, or has said, of its number.
    NUMBERED: ClassVar = (Status.RESERVED, Status.SENT, Status.UNKNOWN, Status.AUTHORISED)
    UNRESOLVED: ClassVar = (Status.RESERVED, Status.SENT, Status.UNKNOWN)
    # What bills a whole order, one for each; the notes refer to it.
    BILLS: ClassVar = (Kind.INVOICE, Kind.RECEIPT)

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="invoices"
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.DRAFT)
    provider = models.CharField(_("tax office"), max_length=20, blank=True)
    series = models.ForeignKey(
        InvoiceSeries,
        verbose_name=_("series"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="invoices",
    )
    number = models.BigIntegerField(_("number"), null=True, blank=True)
    # Letter and number as people write them: "B 00004-00001207".
    name = models.CharField(_("number"), max_length=40, blank=True)
    issued_on = models.DateField(_("date"), null=True, blank=True)
    issued_at = models.DateTimeField(_("issued"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    total = ModelMoneyField(_("total"), default=Decimal("0.00"), is_recorded=True)
    net = ModelMoneyField(_("net"), default=Decimal("0.00"), is_recorded=True)
    tax = ModelMoneyField(_("tax"), default=Decimal("0.00"), is_recorded=True)
    content = models.JSONField(default=dict, blank=True, editable=False)
    related_to = models.ForeignKey(
        "self",
        verbose_name=_("note of"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="notes",
    )
    reimbursement = models.OneToOneField(
        Reimbursement,
        verbose_name=_("reimbursement"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="credit_note",
    )
    charge = models.OneToOneField(
        ExchangeCharge,
        verbose_name=_("charge of an exchange"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="debit_note",
    )
    # A refund without a reimbursement, which is a row of payments.
    refund = models.UUIDField(null=True, blank=True, editable=False)
    dedupe_key = models.CharField(max_length=150, unique=True)
    authorisation = models.CharField(_("authorisation"), max_length=60, blank=True)
    authorisation_due = models.DateField(_("authorisation due"), null=True, blank=True)
    # What the tax office said: [{"code": …, "text": …}], of an issued document its remarks, of a refused one why.
    remarks = models.JSONField(default=list, blank=True, editable=False)
    request_hash = models.CharField(max_length=64, blank=True, editable=False)
    # How often its number was sent: a refusal of a number that was sent before may be one of our own document.
    times_sent = models.PositiveSmallIntegerField(default=0, editable=False)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    # What staff must look at though the document is valid: its refund failed after the note was issued.
    attention = models.CharField(_("to be looked at"), max_length=200, blank=True)
    erased_at = models.DateTimeField(_("buyer erased"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["series", "number"], name="invoice_number_once"),
            models.CheckConstraint(
                condition=Q(
                    status__in=["reserved", "sent", "unknown", "authorised"],
                    number__isnull=False,
                    series__isnull=False,
                    issued_on__isnull=False,
                )
                | Q(status__in=["draft", "rejected", "void"], number=None),
                name="invoice_numbered_when_reserved",
            ),
            models.CheckConstraint(
                condition=Q(total=F("net") + F("tax"), total__gte=0), name="invoice_adds_up"
            ),
            models.CheckConstraint(
                condition=~Q(status="authorised") | Q(issued_at__isnull=False), name="invoice_issued_at"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_try_at"], name="invoice_due", condition=Q(next_try_at__isnull=False)),
            models.Index(fields=["status", "-created_at"], name="invoice_status"),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="issued_never_changes",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__status="authorised"),
                func=_ISSUED_NEVER_CHANGES,
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.get_kind_display())

    @property
    def trail(self) -> UUID:
        return self.order.trail

    @property
    def is_issued(self) -> bool:
        return self.status == self.Status.AUTHORISED


class InvoiceLine(BaseModel):
    """One line of a document. `amount` is what it costs with its tax, `net` + `tax`; of a credit note, what it credits.

    `credits` is the invoice's line that a note's line credits; without one it credits a mere sum.
    """

    class Kind(models.TextChoices):
        LINE = "line", _("units of a line")
        SHIPPING = "shipping", _("shipping")
        CHARGE = "charge", _("charge")
        SUM = "sum", _("a sum")

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField(_("position"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    order_line = models.ForeignKey(
        OrderLine, null=True, blank=True, on_delete=models.PROTECT, related_name="invoice_lines"
    )
    credits = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="credit_lines"
    )
    sku = models.CharField("SKU", max_length=60, blank=True)
    description = models.CharField(_("description"), max_length=300)
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    net = ModelMoneyField(_("net"), is_recorded=True)
    tax = ModelMoneyField(_("tax"), default=Decimal("0.00"), is_recorded=True)
    # A fraction of the net price: 0.21.
    rate = ModelRateField(_("tax rate"), default=Decimal(0))

    class Meta:
        verbose_name = _("line of an invoice")
        verbose_name_plural = _("lines of invoices")
        ordering = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_once"),
            models.CheckConstraint(condition=Q(amount=F("net") + F("tax")), name="invoice_line_adds_up"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, quantity__gt=0), name="invoice_line_not_negative"
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update),
            pgtrigger.Trigger(
                name="lines_stay", when=pgtrigger.Before, operation=pgtrigger.Delete, func=_LINES_STAY
            ),
            pgtrigger.Trigger(
                name="credited_within_invoice",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("the_invoice", "uuid"),
                    ("line", "record"),
                    ("gone", "record"),
                    ("invoiced", "numeric"),
                    ("credited", "numeric"),
                ],
                func=_CREDITED_WITHIN,
            ),
        ]

    def __str__(self) -> str:
        return self.description


class InvoiceFile(BaseModel):
    """The printed document: its bytes as they were made once, and their SHA-256. Never made again."""

    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="file")
    pdf = models.BinaryField()
    sha256 = models.CharField("SHA-256", max_length=64)

    class Meta:
        verbose_name = _("printed invoice")
        verbose_name_plural = _("printed invoices")
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update),
            # It goes with its buyer, when the law's years are over.
            pgtrigger.Trigger(
                name="kept",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func="""
                PERFORM 1 FROM orders_invoice WHERE id = OLD.invoice_id AND erased_at IS NULL;
                IF FOUND THEN
                    RAISE EXCEPTION 'percha: a printed invoice cannot be deleted'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'issued_never_changes';
                END IF;
                RETURN OLD;
                """,
            ),
        ]

    def __str__(self) -> str:
        return str(self.invoice)
