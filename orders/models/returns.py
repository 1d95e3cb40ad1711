"""Returns (RMA): what a buyer sends back, what arrived, how it was found, and what was decided to pay back.

The headline is a state; receipts, inspections and decisions are rows of their own (`orders.models.return_facts`), so
that each may come before the others. Made and moved by `orders.returns` alone, below the lock of their order.
"""

import re
from decimal import Decimal
from typing import ClassVar, Final
from uuid import UUID

import pgtrigger
from django.core.signing import Signer
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.models.kept_files import KeptFile
from orders.models.order import Order, OrderLine
from orders.models.return_policy import Payer, ReturnReason
from orders.models.withdrawals import WithdrawalRequest
from shop.core.models import BaseModel
from shop.core.states import Table
from shop.core.user_input.rates import ModelRateField

# How many units of a line of a return count against its order's line: while it is open what was announced, or more when
# more came or was paid back; afterwards what came and was kept, or was paid back. `l` is the line, `r` its return.
UNITS_TAKEN: Final = """
greatest(
    CASE WHEN r.status IN ('requested', 'approved') THEN l.quantity ELSE 0 END,
    coalesce((SELECT sum(c.quantity) FROM orders_returnreceiptline c WHERE c.line_id = l.id), 0)
  - coalesce((SELECT sum(i.quantity) FROM orders_inspection i
               WHERE i.line_id = l.id AND i.disposition = 'send_back'), 0),
    coalesce((SELECT sum(d.quantity)
                FROM orders_returndecisionline d JOIN orders_returndecision m ON m.id = d.decision_id
               WHERE d.line_id = l.id AND m.withdrawn_at IS NULL AND d.amount + d.withheld > 0), 0))
"""

# No more of a line comes back than was sent: of what a buyer asks for, only what has arrived; the staff may also enter
# what is on its way. The order's row serialises all who add lines to its returns: two of them cannot count at once.
_WITHIN_SENT: Final = """
SELECT order_id, status, origin INTO the_order, is_in, asked_by FROM orders_return WHERE id = NEW.rma_id;
PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
SELECT coalesce(sum(s.quantity), 0) INTO there
  FROM orders_shipmentline s JOIN orders_shipment p ON p.id = s.shipment_id
 WHERE s.order_line_id = NEW.order_line_id AND p.order_id = the_order
   AND (p.status = 'delivered' OR (p.status = 'shipped' AND asked_by = 'staff'));
SELECT coalesce(sum(:units_taken), 0) INTO taken
  FROM orders_returnline l JOIN orders_return r ON r.id = l.rma_id
 WHERE l.order_line_id = NEW.order_line_id AND l.id <> NEW.id;
IF is_in NOT IN ('requested', 'approved') OR taken + NEW.quantity > there THEN
    RAISE EXCEPTION 'percha: % units would come back of % sent (return %)', taken + NEW.quantity, there, is_in
        USING ERRCODE = 'check_violation', CONSTRAINT = 'return_line_within_sent';
END IF;
RETURN NEW;
""".replace(":units_taken", UNITS_TAKEN)


class Return(BaseModel):
    """Units of an order that come back, or are to come back, for money (or whatever its lines wish for).

    requested → approved → closed; requested → rejected; either → cancelled (by the buyer, before anything came) and
    approved → expired (nothing was sent by `send_by`). Whether it has been received, inspected or paid back are facts
    on its lines: it may be paid back before it comes, or lie here for weeks without money. `ordinal` counts the returns
    of an order: people read and write "1042-R1" on the parcel. `terms` is what was shown when it was asked for.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", pgettext_lazy("return of goods", "requested")
        APPROVED = "approved", pgettext_lazy("return of goods", "approved")
        CLOSED = "closed", pgettext_lazy("return of goods", "closed")
        REJECTED = "rejected", pgettext_lazy("return of goods", "rejected")
        CANCELLED = "cancelled", pgettext_lazy("return of goods", "cancelled")
        EXPIRED = "expired", pgettext_lazy("return of goods", "expired")

    class Origin(models.TextChoices):
        SHOPPER = "shopper", _("buyer")
        STAFF = "staff", _("staff")

    class Way(models.TextChoices):
        """How the parcel comes back."""

        OWN = "own", _("the buyer sends or brings it")
        LABEL = "label", _("with a label of ours")
        DROP_OFF = "drop_off", _("with a code for a drop-off point")

    TRANSITIONS: ClassVar[Table] = {
        Status.REQUESTED: {Status.APPROVED, Status.REJECTED, Status.CANCELLED},
        Status.APPROVED: {Status.CLOSED, Status.CANCELLED, Status.EXPIRED},
        Status.CLOSED: set(),
        Status.REJECTED: set(),
        Status.CANCELLED: set(),
        Status.EXPIRED: set(),
    }
    OPEN: ClassVar = (Status.REQUESTED, Status.APPROVED)

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="returns"
    )
    ordinal = models.PositiveSmallIntegerField(_("ordinal"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.REQUESTED)
    origin = models.CharField(_("asked by"), max_length=8, choices=Origin, default=Origin.SHOPPER)
    withdrawal = models.OneToOneField(
        WithdrawalRequest,
        verbose_name=_("withdrawal request"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="rma",
    )
    # Asked for by whoever got the goods as a gift: prices are shown to nobody but the buyer and the staff.
    is_gift = models.BooleanField(_("gift"), default=False)
    # Where mails about it go; empty: to the order's buyer.
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=10, default="es")
    note = models.TextField(_("message"), max_length=1000, blank=True)
    terms = models.JSONField(_("terms"), default=dict, blank=True, editable=False)
    payer = models.CharField(_("way back paid by"), max_length=5, choices=Payer, default=Payer.SHOP)
    way = models.CharField(_("way back"), max_length=8, choices=Way, default=Way.OWN)
    instructions = models.TextField(_("how to send it"), max_length=1000, blank=True)
    drop_off_code = models.CharField(_("drop-off code"), max_length=60, blank=True)
    carrier = models.CharField(_("carrier"), max_length=60, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=100, blank=True)
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    send_by = models.DateTimeField(_("to be sent by"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    end_reason = models.CharField(_("reason"), max_length=300, blank=True)
    dedupe_key = models.CharField(max_length=150, unique=True, editable=False)

    class Meta:
        verbose_name = _("return of goods")
        verbose_name_plural = _("returns of goods")
        ordering = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "ordinal"], name="return_ordinal_once"),
            models.CheckConstraint(
                condition=Q(status__in=["requested", "approved"], ended_at=None)
                | Q(status__in=["closed", "rejected", "cancelled", "expired"], ended_at__isnull=False),
                name="return_ended_has_a_date",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["approved", "closed", "expired"]) | Q(approved_at__isnull=False),
                name="return_approved_has_a_date",
            ),
            models.CheckConstraint(
                condition=~Q(status="rejected") | ~Q(end_reason=""), name="return_rejected_has_a_reason"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="return_to_approve", condition=Q(status="requested")),
            models.Index(fields=["approved_at"], name="return_open", condition=Q(status="approved")),
            models.Index(
                fields=["send_by"], name="return_expiring", condition=Q(status="approved", sent_at=None)
            ),
            models.Index(fields=["status", "-created_at"], name="return_status"),
            models.Index(
                fields=["tracking_number"],
                name="return_tracking_number",
                condition=~Q(tracking_number=""),
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.FSM(
                name="status_never_goes_back",
                field="status",
                transitions=[
                    ("requested", "approved"),
                    ("requested", "rejected"),
                    ("requested", "cancelled"),
                    ("approved", "closed"),
                    ("approved", "cancelled"),
                    ("approved", "expired"),
                ],
            ),
            pgtrigger.Protect(
                name="order_never_changes", operation=pgtrigger.UpdateOf("order_id", "ordinal", "origin")
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number that people use: the order's, and which of its returns it is."""
        return f"{self.order.number}-R{self.ordinal}"

    @property
    def trail(self) -> UUID:
        return self.order.checkout_id

    @property
    def is_open(self) -> bool:
        """Say whether something is still to be done about it."""
        return self.status in self.OPEN

    def get_absolute_url(self) -> str:
        """Return the page's address for whoever holds the order's secret link, or asked for it as a gift."""
        if self.is_gift:
            return reverse("orders:gift_return_status", args=[gift_token(self.order), self.ordinal])
        return reverse("orders:return_secret", args=[self.order.secret, self.ordinal])


_GIFT: Final = Signer(salt="orders.returns.gift")


def gift_token(order: Order) -> str:
    """Return what opens an order's return page to whoever got it as a gift, without prices or names.

    It names the order by its key and goes with its secret: when that changes (an erasure), it opens nothing.
    """
    return f"{order.pk.hex}.{_gift_signature(order)}"


def order_of_gift(token: str) -> Order | None:
    """Return the order that a gift token opens, or None."""
    key, _dot, signature = token.partition(".")
    order = Order.objects.filter(pk=UUID(hex=key)).first() if re.fullmatch("[0-9a-f]{32}", key) else None
    return order if order and constant_time_compare(signature, _gift_signature(order)) else None


def _gift_signature(order: Order) -> str:
    return _GIFT.signature(f"{order.pk.hex}:{order.secret}")


class ReturnLine(BaseModel):
    """Units of an order's line in a return: `quantity` were announced; 0 where they came unannounced.

    Once for each line of the order, however often the form is sent. `basis` is the right by which they come back.
    """

    class Area(models.TextChoices):
        """Where a garment or a shoe does not fit."""

        CHEST = "chest", _("chest")
        WAIST = "waist", _("waist")
        HIPS = "hips", _("hips")
        LENGTH = "length", _("length of the garment")
        SLEEVE = "sleeve", _("sleeve")
        SHOULDER = "shoulder", _("shoulders")
        SHOE_LENGTH = "shoe_length", _("length of the shoe")
        SHOE_WIDTH = "shoe_width", _("width of the shoe")
        OTHER = "other", _("elsewhere")

    class Wish(models.TextChoices):
        """What the buyer wants for the units."""

        MONEY = "money", _("money back")
        CREDIT = "credit", _("store credit")
        EXCHANGE = "exchange", _("an exchange")

    class Basis(models.TextChoices):
        """The right by which units come back."""

        WITHDRAWAL = "withdrawal", _("legal withdrawal")
        FAULTY = "faulty", _("fault of the goods or the shop")
        VOLUNTARY = "voluntary", _("the shop's own terms")

    rma = models.ForeignKey(
        Return, verbose_name=_("return of goods"), on_delete=models.PROTECT, related_name="lines"
    )
    order_line = models.ForeignKey(
        OrderLine, verbose_name=_("order line"), on_delete=models.PROTECT, related_name="return_lines"
    )
    quantity = models.PositiveIntegerField(_("units"))
    reason = models.ForeignKey(
        ReturnReason,
        verbose_name=_("reason"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    area = models.CharField(_("where it does not fit"), max_length=12, choices=Area, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    wish = models.CharField(_("wish"), max_length=8, choices=Wish, default=Wish.MONEY)
    basis = models.CharField(_("by right of"), max_length=10, choices=Basis, default=Basis.VOLUNTARY)
    # As it was shown; 0 where none may be taken.
    fee_rate = ModelRateField(_("fee"), default=Decimal(0))

    # In units; only on lines that come from `orders.returns.units.lines`.
    received: int
    inspected: int
    decided: int

    class Meta:
        verbose_name = _("line of a return")
        verbose_name_plural = _("lines of returns")
        ordering = ["created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rma", "order_line"], name="returnline_once"),
            models.CheckConstraint(
                condition=Q(quantity=0) | Q(reason__isnull=False), name="returnline_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(basis="voluntary") | Q(fee_rate=0), name="returnline_fee_only_if_voluntary"
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="within_sent",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("the_order", "uuid"),
                    ("is_in", "varchar"),
                    ("asked_by", "varchar"),
                    ("there", "int"),
                    ("taken", "int"),
                ],
                func=_WITHIN_SENT,
            ),
            pgtrigger.Protect(
                name="units_never_change",
                operation=pgtrigger.UpdateOf("quantity", "order_line_id", "rma_id") | pgtrigger.Delete,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line.sku}"


class ReturnFile(KeptFile):
    """A photo of a buyer (written again by the shop), or a label of the shop for the way back."""

    class Kind(models.TextChoices):
        PHOTO = "photo", _("photo")
        LABEL = "label", _("label")

    rma = models.ForeignKey(
        Return, verbose_name=_("return of goods"), on_delete=models.PROTECT, related_name="files"
    )
    kind = models.CharField(_("kind"), max_length=5, choices=Kind)

    class Meta(KeptFile.Meta):
        verbose_name = _("file of a return")
        verbose_name_plural = _("files of returns")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rma", "kind", "digest"], name="returnfile_once"),
            *KeptFile.Meta.constraints,
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def ending(self) -> str:
        """How the name ends under which it is downloaded: photos and labels are told apart."""
        return f"-{self.kind}.{self.suffix}"
