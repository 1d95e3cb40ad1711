"""Payments and refunds, as last fetched from the provider."""

from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models import Order, Payable, Purchase
from payments.models.attempts import PaymentAttempt
from shop.core.models import BaseModel
from shop.core.money import display
from shop.core.states import Table
from shop.core.user_input.fields import ModelMoneyField


class NoPurchase(Exception):
    """The payment is an unmatched payment: it belongs to no purchase here. Trying again does not help."""


class Payment(BaseModel):
    """One payment at a provider; an attempt may see many (rejected, then approved, even two approved).

    The status is the provider's (any state may follow any other:
    docs/providers/README.md#neutral-states); `role` is what it means for us and is decided once.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        AUTHORIZED = "authorized", _("authorised")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        CANCELLED = "cancelled", _("cancelled")
        REFUNDED = "refunded", _("refunded")
        DISPUTED = "disputed", _("disputed")
        CHARGED_BACK = "charged_back", _("charged back")

    # It may still be approved: a voucher, a review, an authorised card.
    WAITING: ClassVar[frozenset[str]] = frozenset({Status.PENDING, Status.AUTHORIZED})

    class Role(models.TextChoices):
        NONE = "none", _("no money yet")
        ORDER = "order", _("paid the order")
        SURPLUS = "surplus", _("surplus, goes back")
        MISMATCH = "mismatch", _("wrong amount, held")
        UNMATCHED = "stray", _("without a purchase")

    ROLE_TRANSITIONS: ClassVar[Table] = {
        Role.NONE: {Role.ORDER, Role.SURPLUS, Role.MISMATCH},
        Role.ORDER: set(),
        Role.SURPLUS: set(),
        Role.MISMATCH: {Role.ORDER, Role.SURPLUS},
        # Its attempt has turned up; if a refund had begun by then, the staff decides.
        Role.UNMATCHED: {Role.NONE, Role.MISMATCH},
    }

    # Only an unmatched payment that was taken over (`payments.settlement.adoption`) has none: it belongs to no
    # purchase of ours.
    attempt = models.ForeignKey(
        PaymentAttempt,
        verbose_name=_("attempt"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="payments",
    )
    # Copied from the attempt by the database, so that it can refuse two payments for one payable.
    payable = models.ForeignKey(
        Payable,
        verbose_name=_("payable"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="payments",
        editable=False,
        db_index=False,
    )
    order = models.ForeignKey(
        Order,
        verbose_name=_("order"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="payments",
    )
    gateway = models.CharField(_("provider"), max_length=20)
    external_id = models.CharField(_("provider's number"), max_length=200)
    status = models.CharField(_("status"), max_length=14, choices=Status)
    status_detail = models.CharField(_("detail"), max_length=120, blank=True)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.NONE)
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    currency = models.CharField(_("currency"), max_length=3)
    refunded_amount = ModelMoneyField(_("refunded"), default=Decimal("0.00"), is_recorded=True)
    # What lost disputes took back, never more than refunds had left; the disputes' rows say which.
    charged_back_amount = ModelMoneyField(_("charged back"), default=Decimal("0.00"), is_recorded=True)
    method = models.CharField(_("method"), max_length=60, blank=True)
    # Of the card, where one paid; never more of its number than this.
    card_last4 = models.CharField(_("card's last digits"), max_length=4, blank=True)
    installments = models.PositiveSmallIntegerField(_("cuotas"), default=1)
    # What the buyer's card is charged, with the interest of the provider or bank: not the shop's money, never compared.
    charged_total = ModelMoneyField(_("charged by the card"), null=True, blank=True, is_recorded=True)
    charged_installment = ModelMoneyField(
        _("each cuota of the card"), null=True, blank=True, is_recorded=True
    )
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    provider_updated_at = models.DateTimeField(_("last change at the provider"), null=True, blank=True)
    # Our clock when the stored state was asked for: an answer to an earlier question never overwrites it.
    fetched_at = models.DateTimeField(_("asked"), null=True, blank=True)
    snapshot = models.JSONField(_("as the provider tells it"), default=dict, blank=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "external_id"], name="payment_external_unique"),
            models.UniqueConstraint(
                fields=["payable"], condition=Q(role="order"), name="payment_one_pays_it"
            ),
            models.CheckConstraint(
                condition=(Q(role="stray") & Q(attempt=None) & Q(order=None))
                | (~Q(role="stray") & Q(attempt__isnull=False)),
                name="payment_stray_has_no_purchase",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="payment_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(charged_back_amount__gte=0), name="payment_charged_back_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-created_at"], name="payment_status"),
            models.Index(fields=["role", "-created_at"], name="payment_role"),
            models.Index(fields=["payable"], name="payment_payable"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="payable_of_the_attempt",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("attempt_id"),
                func="""
                NEW.payable_id := (SELECT payable_id FROM payments_paymentattempt WHERE id = NEW.attempt_id);
                RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.external_id}"

    @property
    def trail(self) -> UUID | None:
        return self.attempt.purchase_id if self.attempt else None

    @property
    def is_unmatched(self) -> bool:
        """Say whether it belongs to no purchase of ours."""
        return self.attempt_id is None

    @property
    def attempt_key(self) -> UUID:
        """Return the key of the attempt that brought it.

        Raises:
            NoPurchase: it is an unmatched payment.
        """
        if self.attempt_id is None:
            raise NoPurchase(str(self))
        return self.attempt_id

    @property
    def purchase(self) -> Purchase:
        """Return the purchase that it belongs to.

        Raises:
            NoPurchase: it is an unmatched payment.
        """
        if self.attempt is None:
            raise NoPurchase(str(self))
        return self.attempt.purchase

    @property
    def kept_amount(self) -> Decimal:
        """Return what is left with the shop: the amount less refunds and what the bank took back."""
        return max(self.amount - self.refunded_amount - self.charged_back_amount, Decimal("0.00"))


class Refund(BaseModel):
    """A refund. The row precedes the call; the provider's idempotency key is derived from its key."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("requested")
        PENDING = "pending", _("on its way")
        SUCCEEDED = "succeeded", _("done")
        FAILED = "failed", _("failed")
        MANUAL = "manual", _("to be done by hand")

    class Origin(models.TextChoices):
        AUTOMATIC = "automatic", _("automatic")
        STAFF = "staff", _("staff")
        PROVIDER = "provider", _("provider's panel")

    TRANSITIONS: ClassVar[Table] = {
        Status.REQUESTED: {Status.PENDING, Status.SUCCEEDED, Status.FAILED, Status.MANUAL},
        Status.PENDING: {Status.SUCCEEDED, Status.FAILED, Status.MANUAL},
        # A refund that succeeded may fail days later (docs/providers/stripe.md#refunds).
        Status.SUCCEEDED: {Status.FAILED},
        Status.FAILED: {Status.REQUESTED, Status.PENDING, Status.SUCCEEDED, Status.MANUAL},
        # Nobody transfers by hand what the bank has taken in a dispute meanwhile.
        Status.MANUAL: {Status.SUCCEEDED, Status.FAILED},
    }

    payment = models.ForeignKey(
        Payment, verbose_name=_("payment"), on_delete=models.PROTECT, related_name="refunds"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.REQUESTED)
    origin = models.CharField(_("origin"), max_length=10, choices=Origin, default=Origin.STAFF)
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    external_id = models.CharField(_("provider's number"), max_length=200, blank=True)
    dedupe_key = models.CharField(max_length=150, unique=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    # Part of the idempotency key: raised only when the provider failed and was seen to have done nothing.
    key_try = models.PositiveSmallIntegerField(default=0, editable=False, db_column="key_turn")
    # The provider's numbers of earlier tries that failed there; it goes on listing them.
    failed_ids = models.JSONField(default=list, blank=True, editable=False)
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    succeeded_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.UniqueConstraint(
                fields=["payment", "external_id"], condition=~Q(external_id=""), name="refund_external_unique"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], name="refund_due", condition=Q(status__in=["requested", "pending"])
            ),
            models.Index(fields=["status", "-created_at"], name="refund_status"),
        ]
        triggers = [
            # However they are made, no two requests together refund more than was paid: the payment's row is locked.
            pgtrigger.Trigger(
                name="within_payment",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("status", "amount", "payment_id"),
                declare=[("paid", "numeric"), ("taken", "numeric")],
                func="""
                IF NEW.status = 'failed' THEN
                    RETURN NEW;
                END IF;
                SELECT amount INTO paid FROM payments_payment WHERE id = NEW.payment_id FOR UPDATE;
                SELECT coalesce(sum(amount), 0) INTO taken FROM payments_refund
                 WHERE payment_id = NEW.payment_id AND status <> 'failed' AND id <> NEW.id;
                IF taken + NEW.amount > paid THEN
                    RAISE EXCEPTION 'percha: refunds of % would exceed the payment of %', taken + NEW.amount, paid
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_within_payment';
                END IF;
                RETURN NEW;
                """,
            ),
            # A failed refund that people send again asks again for the units which it gives back.
            pgtrigger.Trigger(
                name="lines_within_order",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("status"),
                declare=[("the_order", "uuid"), ("money", "numeric")],
                func="""
                IF OLD.status <> 'failed' OR NEW.status <> 'requested' OR NOT EXISTS (
                    SELECT 1 FROM payments_refundline WHERE refund_id = NEW.id
                ) THEN
                    RETURN NEW;
                END IF;
                SELECT order_id INTO the_order FROM payments_payment WHERE id = NEW.payment_id;
                PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
                SELECT coalesce(sum(p.amount - p.charged_back_amount), 0) - NEW.amount INTO money
                  FROM payments_payment p WHERE p.order_id = the_order AND p.role = 'order';
                SELECT money - coalesce(sum(r.amount), 0) INTO money
                  FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
                 WHERE p.order_id = the_order AND p.role = 'order' AND r.status <> 'failed' AND r.id <> NEW.id;
                SELECT money - coalesce(sum(b.amount), 0) INTO money
                  FROM orders_reimbursement b WHERE b.order_id = the_order AND b.status = 'owed';
                IF EXISTS (
                    SELECT 1 FROM payments_refundline mine JOIN orders_orderline o ON o.id = mine.order_line_id
                      CROSS JOIN LATERAL (
                        SELECT coalesce(sum(quantity), 0) AS units, coalesce(sum(amount), 0) AS amount FROM (
                            SELECT l.quantity, l.amount + l.withheld AS amount
                              FROM payments_refundline l JOIN payments_refund r ON r.id = l.refund_id
                             WHERE l.order_line_id = mine.order_line_id AND r.status <> 'failed' AND r.id <> NEW.id
                             UNION ALL
                            SELECT l.quantity, l.amount + l.withheld FROM orders_reimbursementline l
                              JOIN orders_reimbursement r ON r.id = l.reimbursement_id
                             WHERE l.order_line_id = mine.order_line_id AND (r.status = 'owed' OR r.counts_itself)
                             UNION ALL
                            SELECT 1, u.credit FROM orders_replacement u
                             WHERE u.replaced_id = mine.order_line_id AND u.dropped_at IS NULL
                        ) AS gone
                      ) AS back
                      CROSS JOIN LATERAL (
                        SELECT o.total + coalesce(sum(amount), 0) AS amount
                          FROM orders_orderadjustment WHERE line_id = o.id
                      ) AS paid
                      CROSS JOIN LATERAL (
                        SELECT paid.amount - mine.amount - mine.withheld - back.amount AS amount
                      ) AS rest
                     WHERE mine.refund_id = NEW.id AND (
                        o.quantity < mine.quantity + back.units OR rest.amount < 0
                        -- The last units close the line, unless no more is left of the order's money.
                        OR o.quantity = mine.quantity + back.units AND rest.amount > 0 AND rest.amount <= money
                           AND NOT EXISTS (SELECT 1 FROM orders_reimbursementline l
                                            WHERE l.order_line_id = o.id AND l.kind = 'credit'))
                ) OR EXISTS (
                    SELECT 1 FROM payments_refundline mine JOIN orders_order o ON o.id = the_order
                     WHERE mine.refund_id = NEW.id AND mine.order_line_id IS NULL AND o.shipping_total + (
                        SELECT coalesce(sum(amount), 0) FROM orders_orderadjustment
                         WHERE order_id = the_order AND target = 'order') < mine.amount + (
                        SELECT coalesce(sum(l.amount), 0) FROM payments_refundline l
                          JOIN payments_refund r ON r.id = l.refund_id
                          JOIN payments_payment p ON p.id = r.payment_id
                         WHERE l.order_line_id IS NULL AND p.order_id = the_order
                           AND r.status <> 'failed' AND r.id <> NEW.id) + (
                        SELECT coalesce(sum(l.amount), 0) FROM orders_reimbursementline l
                          JOIN orders_reimbursement r ON r.id = l.reimbursement_id
                         WHERE l.kind = 'shipping' AND r.order_id = the_order
                           AND (r.status = 'owed' OR r.counts_itself))
                ) THEN
                    RAISE EXCEPTION 'percha: what this refund gives back has been given back by another one'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_line_within_order';
                END IF;
                RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return display(self.amount, self.currency)

    @property
    def idempotency_key(self) -> str:
        """Return the key that the provider gets: the same for every try, across time-outs and crashes."""
        return f"refund-{self.id.hex}" + (f"-{self.key_try}" if self.key_try else "")

    @property
    def trail(self) -> UUID | None:
        return self.payment.trail
