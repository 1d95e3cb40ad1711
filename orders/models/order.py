"""Orders: purchases that are paid, free, or sold in instalments (docs/adr/0010). Only `placement.place` makes one."""

from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from orders.models.checkout import BuyerFields, CheckoutSession, LineFields, TotalFields
from orders.models.money import MoneyState, OrderMoney, OrderQuerySet
from orders.models.sums import adds_up
from shop.core.database.public_numbers import PublicNumberField, never_changes
from shop.core.ids import token
from shop.core.models import BaseModel
from shop.core.states import Table


class Order(BaseModel, BuyerFields, TotalFields):
    """A purchase that is sold: paid, free, or on credit (its `plan`). It may have no payment, one, or many.

    `transaction_id` is unique: the provider's payment (`mercadopago:1234`), `free:<checkout>`, or `plan:<quote>`.
    `number` is what people use; `secret` opens the order's page to a guest.
    """

    class Status(models.TextChoices):
        CONFIRMED = "confirmed", _("confirmed")
        COMPLETED = "completed", _("completed")
        CANCELLED = "cancelled", _("cancelled")

    TRANSITIONS: ClassVar[Table] = {
        Status.CONFIRMED: {Status.COMPLETED, Status.CANCELLED},
        # A replacement is to be sent.
        Status.COMPLETED: {Status.CONFIRMED},
        Status.CANCELLED: set(),
    }

    number = models.BigIntegerField(_("number"), unique=True, editable=False)
    secret = models.CharField(max_length=43, unique=True, default=token, editable=False)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.CONFIRMED)
    checkout = models.OneToOneField(
        CheckoutSession, verbose_name=_("checkout session"), on_delete=models.PROTECT, related_name="order"
    )
    transaction_id = models.CharField(_("transaction"), max_length=160, unique=True)
    invoice_number = models.CharField(_("invoice"), max_length=40, blank=True)
    shipping_name = models.CharField(
        _("shipping"), max_length=210, blank=True
    )  # Method · rate: 100 + 3 + 100.
    placed_at = models.DateTimeField(_("placed"))
    note = models.TextField(_("internal note"), blank=True)
    # The last day by which the buyer was told to have it; and when it was found to take longer.
    promised_by = models.DateField(_("promised by"), null=True, blank=True, editable=False)
    late_since = models.DateTimeField(_("late since"), null=True, blank=True, editable=False)
    # When the buyer's data were erased but for the invoice's, and when those went too (`orders/privacy.py`).
    erased_at = models.DateTimeField(_("buyer erased"), null=True, blank=True, editable=False)
    fiscal_erased_at = models.DateTimeField(_("invoice data erased"), null=True, blank=True, editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta(TotalFields.Meta):
        abstract = False
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-placed_at"]
        indexes = [
            models.Index(fields=["status", "-placed_at"], name="order_status"),
            models.Index(fields=["user", "-placed_at"], name="order_user"),
            models.Index(fields=["-placed_at"], name="order_newest"),
            models.Index(fields=["email"], name="order_email"),
            models.Index(
                fields=["placed_at"],
                name="order_fiscal_due",
                condition=models.Q(erased_at__isnull=False, fiscal_erased_at__isnull=True),
            ),
            models.Index(
                fields=["promised_by"],
                name="order_promise_due",
                condition=models.Q(status="confirmed", late_since__isnull=True),
            ),
        ]
        triggers: ClassVar = [adds_up("order", of_rows=False)]

    def __str__(self) -> str:
        return f"#{self.number}"

    @property
    def trail(self) -> UUID:
        return self.checkout_id

    @property
    def money(self) -> OrderMoney:
        """The state of its money, from `OrderQuerySet.with_money`, else by one query."""
        row: Any = self if hasattr(self, "money_paid") else Order.objects.with_money().get(pk=self.pk)
        return OrderMoney(
            row.money_paid, row.money_promised, row.money_refunded, row.money_charged_back, row.money_due
        )

    @property
    def status_text(self) -> str:
        """Return the status as people read it; the state of its money comes first."""
        state = self.money.state
        if self.status != self.Status.CANCELLED and state != MoneyState.KEPT:
            return str(state.label)
        return str(self.get_status_display())

    @property
    def is_off(self) -> bool:
        """Say whether it is cancelled, or its money has gone."""
        return self.status == self.Status.CANCELLED or self.money.is_gone

    def get_absolute_url(self) -> str:
        """Return the page's address for whoever holds the secret link (works for guests and accounts alike)."""
        return reverse("orders:order_secret", args=[self.secret])


class SoldLines(models.Manager["OrderLine"]):
    """The lines that were sold with the order, without those that replace units of them later."""

    def get_queryset(self) -> "models.QuerySet[OrderLine]":
        return super().get_queryset().filter(replaces=None)


class OrderLine(BaseModel, LineFields):
    """A line of an order, with name, SKU and price as they were paid.

    `order.lines` and `OrderLine.objects` are what was sold: the sums of the order are theirs. A unit that is sent later
    for one of them, by an exchange or a claim, has a line of its own (`replaces`), which only `OrderLine.everything`
    finds: whoever sends, counts and pays back units asks there.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    replaces = models.ForeignKey(
        "self",
        verbose_name=_("replaces"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    public_number = PublicNumberField(_("number"), sequence="orders_orderline_public_number")

    # In units; only on lines that come from `orders.fulfilment.remaining.lines`.
    refunded: int
    restocked: int
    cancelled: int
    picked: int
    sent: int
    came_back: int
    prepared: int
    packed: int
    unsent: int
    left: int
    replaced: int

    objects: ClassVar = SoldLines()
    everything: ClassVar = models.Manager["OrderLine"]()

    class Meta(LineFields.Meta):
        abstract = False
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["created_at", "id"]
        constraints = [*LineFields.Meta.constraints]
        triggers: ClassVar = [never_changes()]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"

    @property
    def sale_cause_key(self) -> UUID:
        """The key of `sale_cause`."""
        found: UUID = self.pk if self.replaces_id else self.order_id
        return found

    @property
    def sale_cause(self) -> models.Model:
        """The row that is the cause of its movements in the stock's ledger: its order, or itself if it came later."""
        return self if self.replaces_id else self.order
