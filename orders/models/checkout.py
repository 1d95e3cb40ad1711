"""Checkout sessions: a purchase in progress, with frozen lines. Nothing here is an order yet.

docs/adr/0001-an-order-exists-only-when-paid.md says why.
"""

from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from orders.models.cart import Cart
from orders.models.payment_methods import PaymentMethod
from orders.models.shipping import ShippingMethod, ShippingRate
from orders.models.sums import adds_up
from shop.accounts.models import AddressFields
from shop.core.ids import token
from shop.core.models import BaseModel
from shop.core.money import display as money
from shop.core.states import Table
from shop.core.user_input.fields import ModelMoneyField


class AddressSnapshot(BaseModel, AddressFields):
    """An address as it was when it was given; written once, shared by the session and its order."""

    class Meta:
        verbose_name = _("address of a purchase")
        verbose_name_plural = _("addresses of purchases")

    def __str__(self) -> str:
        return f"{self.recipient}, {self.street}, {self.city}"


class BuyerFields(models.Model):
    """Who buys, and whom the invoice is for. Shared by the session and the order."""

    # The carrier's branch where it is fetched, where that was chosen.
    branch_code = models.CharField(_("branch"), max_length=60, blank=True, db_default="")
    branch_name = models.CharField(_("name of the branch"), max_length=200, blank=True, db_default="")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="%(class)ss",
    )
    email = models.EmailField(_("e-mail"), blank=True)
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    document_type = models.CharField(_("document type"), max_length=10, blank=True)
    document_number = models.CharField(_("document number"), max_length=30, blank=True)
    # How the buyer is registered for the sales tax: a code of the country's `tax_conditions`; "": a final consumer.
    tax_condition = models.CharField(_("tax condition"), max_length=10, blank=True, db_default="")
    language = models.CharField(_("language"), max_length=10, default="es")
    shipping_address = models.ForeignKey(
        AddressSnapshot,
        verbose_name=_("delivery address"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    billing_address = models.ForeignKey(
        AddressSnapshot,
        verbose_name=_("billing address"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        abstract = True

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class TotalFields(models.Model):
    """The sums of a purchase, in `currency`: total = subtotal + shipping_total + adjustment_total.

    `subtotal` is of the lines alone; the other two are of its adjustments: those of the shipping, and all the rest.
    """

    currency = models.CharField(_("currency"), max_length=3)
    subtotal = ModelMoneyField(_("subtotal"), default=Decimal("0.00"), is_recorded=True)
    shipping_total = ModelMoneyField(_("shipping"), default=Decimal("0.00"), is_recorded=True)
    adjustment_total = ModelMoneyField(
        _("adjustments"), default=Decimal("0.00"), db_default=Decimal("0.00"), is_recorded=True
    )
    total = ModelMoneyField(_("total"), default=Decimal("0.00"), is_recorded=True)

    class Meta:
        abstract = True
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(total=F("subtotal") + F("shipping_total") + F("adjustment_total"), total__gte=0),
                name="%(class)s_total_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(subtotal__gte=0, shipping_total__gte=0), name="%(class)s_sums_not_negative"
            ),
        ]


class LineFields(models.Model):
    """One line with name, SKU and price as they were."""

    variant = models.ForeignKey(
        Variant, verbose_name=_("variant"), null=True, on_delete=models.SET_NULL, related_name="%(class)ss"
    )
    sku = models.CharField("SKU", max_length=60)
    name = models.CharField(_("name"), max_length=260)
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_price = ModelMoneyField(_("unit price"), is_recorded=True)
    total = ModelMoneyField(_("total"), is_recorded=True)
    weight_grams = models.PositiveIntegerField(_("weight (g)"), default=0)
    image = models.CharField(max_length=300, blank=True)

    class Meta:
        abstract = True
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="%(class)s_quantity_positive"),
            models.CheckConstraint(
                condition=Q(total=F("unit_price") * F("quantity")), name="%(class)s_total_adds_up"
            ),
        ]


class CheckoutSession(BaseModel, BuyerFields, TotalFields):
    """A purchase in progress, found by its unguessable `token`.

    open (being filled in) → awaiting_payment (sent to a provider, prices frozen) → completed (an order exists)
    | expired | cancelled. `expires_at` is the session's own clock; reservations and hosted payments have theirs.
    An expired session may still complete: a late payment counts despite the expiry
    (docs/providers/README.md#edge-cases, row 5).
    """

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        AWAITING_PAYMENT = "awaiting_payment", _("awaiting payment")
        COMPLETED = "completed", _("completed")
        EXPIRED = "expired", _("expired")
        CANCELLED = "cancelled", _("cancelled")

    TRANSITIONS: ClassVar[Table] = {
        Status.OPEN: {Status.AWAITING_PAYMENT, Status.COMPLETED, Status.EXPIRED, Status.CANCELLED},
        Status.AWAITING_PAYMENT: {Status.OPEN, Status.COMPLETED, Status.EXPIRED, Status.CANCELLED},
        Status.EXPIRED: {Status.COMPLETED},
        Status.CANCELLED: {Status.COMPLETED},
        Status.COMPLETED: set(),
    }

    token = models.CharField(max_length=43, unique=True, default=token, editable=False)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.OPEN)
    cart = models.ForeignKey(
        Cart,
        verbose_name=_("cart"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="checkouts",
    )
    shipping_rate = models.ForeignKey(
        ShippingRate,
        verbose_name=_("shipping rate"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    shipping_name = models.CharField(
        _("shipping"), max_length=210, blank=True
    )  # Method · rate: 100 + 3 + 100.
    # A carrier's price, where that was chosen instead of a rate of the shop's own.
    shipping_quote = models.ForeignKey(
        "orders.ShippingQuote",
        verbose_name=_("carrier's price"),
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    # How it will be paid, as far as the price depends on it: a gateway's code, "" for any; and the quote of the shop's
    # own instalments that was chosen (null: none).
    payment_way = models.CharField(_("way to pay"), max_length=20, blank=True, db_default="")
    quote = models.ForeignKey(
        "orders.InstallmentQuote",
        verbose_name=_("instalment quote"),
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    # The row that a client of the API named; null: it was bought on the shop's own pages.
    payment_method = models.ForeignKey(
        PaymentMethod,
        verbose_name=_("payment method"),
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    accepted_terms_at = models.DateTimeField(_("terms accepted"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires"))
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)

    class Meta(TotalFields.Meta):
        abstract = False
        verbose_name = _("checkout session")
        verbose_name_plural = _("checkout sessions")
        ordering = ["-created_at"]
        constraints = [
            *TotalFields.Meta.constraints,
            models.UniqueConstraint(
                fields=["cart"],
                condition=Q(status__in=["open", "awaiting_payment"]),
                name="checkout_one_live_per_cart",
            ),
        ]
        # None has `expires_at`, which each step moves: a step that changes no indexed column writes no index (a HOT
        # update, for which the table's pages have room). What is due is found among those that are live.
        indexes = [models.Index(fields=["status", "-created_at"], name="checkout_status")]
        triggers: ClassVar = [adds_up("checkout", of_rows=False)]

    def __str__(self) -> str:
        return f"{self.email or '—'} · {money(self.total, self.currency)}"

    @property
    def trail(self) -> UUID:
        return self.id

    @property
    def is_live(self) -> bool:
        return self.status in {self.Status.OPEN, self.Status.AWAITING_PAYMENT}

    @property
    def has_shipping(self) -> bool:
        """Say whether it is chosen how it travels: a rate of the shop's own, or a carrier's price."""
        return self.shipping_rate_id is not None or self.shipping_quote_id is not None

    @property
    def shipping_method(self) -> ShippingMethod | None:
        """Return the chosen shipping method, or None."""
        if self.shipping_quote is not None:
            return self.shipping_quote.method
        return self.shipping_rate.method if self.shipping_rate is not None else None

    @property
    def needs_document(self) -> bool:
        """Say whether a document must be known before it is paid: clients of the API's contracts send none."""
        return self.payment_method_id is None

    @property
    def needs_rate(self) -> bool:
        """Say whether a shipping rate must be chosen: what such a client fetches at the shop is without one."""
        return self.payment_method_id is None or self.shipping_address_id is not None

    def forget_rows(self, name: str) -> None:
        """Let `lines` or `adjustments` be read again, which were read ahead (`prefetch_related_objects`)."""
        getattr(self, "_prefetched_objects_cache", {}).pop(name, None)


class CheckoutLine(BaseModel, LineFields):
    """A frozen line of a session."""

    checkout = models.ForeignKey(CheckoutSession, on_delete=models.CASCADE, related_name="lines")

    class Meta(LineFields.Meta):
        abstract = False
        verbose_name = _("checkout line")
        verbose_name_plural = _("checkout lines")
        ordering = ["created_at", "id"]
        constraints = [
            *LineFields.Meta.constraints,
            models.UniqueConstraint(fields=["checkout", "variant"], name="checkoutline_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"
