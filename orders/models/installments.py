"""Plans of instalments: the quote that was shown, the plan that was accepted, its instalments and what became of them.

A quote is frozen and copied into the plan. What an instalment is owed follows from its events alone: they are never
changed, and the database adds them up (`book_the_event`), so an instalment is open for
amount + late − paid − waived − reduced, never below zero.
"""

from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.checkout import CheckoutSession
from orders.models.installment_offers import InstallmentOffer
from orders.models.order import Order
from shop.core.database.public_numbers import PublicNumberField, never_changes
from shop.core.models import BaseModel
from shop.core.money import display
from shop.core.states import Table
from shop.core.templatetags.rates import percent
from shop.core.user_input.fields import ModelMoneyField
from shop.core.user_input.rates import ModelRateField


class TermFields(models.Model):
    """The terms of a quote, copied into its plan. Amounts in `currency`; rates are fractions (0.3225 is 32.25 %).

    `base` is the price without interest that is financed, `rate` the rate that the law of the country names
    (`rate_name`), by `rate_method` (`shop.core.installments.rates.Method`); `rate_text` is how it was shown.
    """

    currency = models.CharField(_("currency"), max_length=3)
    base = ModelMoneyField(_("price financed"), is_recorded=True)
    total = ModelMoneyField(_("total"), is_recorded=True)
    count = models.PositiveSmallIntegerField(_("instalments"))
    factor = ModelRateField(_("flat annual factor"), max_digits=6, decimal_places=4)
    monthly_rate = ModelRateField(_("rate a month"), decimal_places=8)
    tna = ModelRateField("TNA")
    tea = ModelRateField("TEA")
    rate = ModelRateField(_("legal rate"))
    rate_name = models.CharField(_("name of the rate"), max_length=12)
    rate_method = models.CharField(_("method of the rate"), max_length=12)
    rate_text = models.CharField(_("rate as shown"), max_length=60)
    due_policy = models.CharField(_("due days"), max_length=10, choices=InstallmentOffer.DuePolicy)
    late_monthly_rate = ModelRateField(
        _("late interest a month"), max_digits=6, decimal_places=4, default=Decimal(0)
    )
    grace_days = models.PositiveSmallIntegerField(_("days of grace"), default=3)

    class Meta:
        abstract = True

    @property
    def interest(self) -> Decimal:
        return self.total - self.base

    @property
    def shown_rate(self) -> str:
        """Return the legal rate as people read it, in the active language: `32,25 %`."""
        number = Decimal(self.rate_text.split()[-2])
        return percent(number)


class InstallmentQuote(BaseModel, TermFields):
    """What a shopper was shown for a checkout, frozen: valid until `valid_until` though the offer changes."""

    class Source(models.TextChoices):
        OWN = "own", _("the shop")
        PROVIDER = "provider", _("the payment provider")

    checkout = models.ForeignKey(
        CheckoutSession, verbose_name=_("checkout session"), on_delete=models.CASCADE, related_name="quotes"
    )
    offer = models.ForeignKey(
        InstallmentOffer, verbose_name=_("offer"), on_delete=models.PROTECT, related_name="quotes"
    )
    source = models.CharField(_("financed by"), max_length=10, choices=Source, default=Source.OWN)
    amounts = ArrayField(ModelMoneyField(is_recorded=True), verbose_name=_("amounts"))
    due_dates = ArrayField(models.DateField(), verbose_name=_("due days"))
    shown_at = models.DateTimeField(_("shown"), default=timezone.now)
    valid_until = models.DateTimeField(_("valid until"))

    class Meta:
        verbose_name = _("instalment quote")
        verbose_name_plural = _("instalment quotes")
        ordering = ["-shown_at"]
        indexes: ClassVar = [
            models.Index(fields=["checkout", "-shown_at"], name="installmentquote_checkout"),
            models.Index(fields=["valid_until"], name="installmentquote_age"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(base__gt=0, total__gte=F("base"), count__gte=1), name="installmentquote_sane"
            ),
        ]
        triggers: ClassVar = [pgtrigger.Protect(name="frozen", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.count} × {display(self.amounts[0], self.currency)}"

    @property
    def is_valid(self) -> bool:
        return self.valid_until > timezone.now()


class InstallmentPlan(BaseModel, TermFields):
    """An order that is paid in the shop's own instalments, as it was accepted.

    awaiting (nothing is paid yet, nothing is sent) → active → paid; cancelled where the first was never paid. One that
    is paid becomes active again when a bank takes a payment back. `contract` is the text that was accepted.
    """

    class Status(models.TextChoices):
        AWAITING = "awaiting", _("awaiting the first instalment")
        ACTIVE = "active", _("being paid")
        PAID = "paid", _("paid off")
        CANCELLED = "cancelled", _("cancelled")

    TRANSITIONS: ClassVar[Table] = {
        Status.AWAITING: {Status.ACTIVE, Status.PAID, Status.CANCELLED},
        Status.ACTIVE: {Status.PAID, Status.CANCELLED},
        Status.PAID: {Status.ACTIVE},
        Status.CANCELLED: set(),
    }
    LIVE: ClassVar[frozenset[str]] = frozenset({Status.AWAITING, Status.ACTIVE})

    order = models.OneToOneField(
        Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="plan"
    )
    quote = models.OneToOneField(
        InstallmentQuote, verbose_name=_("quote"), on_delete=models.PROTECT, related_name="plan"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="installment_plans",
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.AWAITING)
    sold_on = models.DateField(_("day of the sale"))
    pay_first_by = models.DateTimeField(_("first instalment to be paid by"))
    accepted_at = models.DateTimeField(_("accepted"))
    accepted_from = models.CharField(_("accepted from"), max_length=45, blank=True)
    contract = models.TextField(_("contract accepted"))
    settled_at = models.DateTimeField(_("paid off"), null=True, blank=True)

    class Meta:
        verbose_name = _("instalment plan")
        verbose_name_plural = _("instalment plans")
        ordering = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["status", "-created_at"], name="installmentplan_status"),
            models.Index(fields=["user", "status"], name="installmentplan_user"),
            models.Index(
                fields=["pay_first_by"], name="installmentplan_first", condition=Q(status="awaiting")
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="terms_never_change",
                operation=pgtrigger.UpdateOf(
                    "currency", "base", "total", "count", "factor", "rate", "contract", "order_id", "quote_id"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} · {self.count} × {display(self.total / self.count, self.currency)}"

    @property
    def trail(self) -> UUID:
        return self.order.checkout_id

    @property
    def is_live(self) -> bool:
        return self.status in self.LIVE


class Installment(BaseModel):
    """One instalment. `principal` + `interest` = `amount` by equal spread; `balance` is the actuarial one after it.

    `due_date` may be moved once; `next_notice_at` is when its buyer is next reminded.
    """

    # Nothing was paid of it, or all of that went back, and nothing will be: it fell with what came back of the order.
    FALLEN: ClassVar = Q(open_amount=0, paid=0, reduced__gt=0)

    plan = models.ForeignKey(
        InstallmentPlan, verbose_name=_("plan"), on_delete=models.PROTECT, related_name="installments"
    )
    number = models.PositiveSmallIntegerField(_("number"))
    public_number = PublicNumberField(_("public number"), sequence="orders_installment_public_number")
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    principal = ModelMoneyField(_("capital"), is_recorded=True)
    interest = ModelMoneyField(_("interest"), is_recorded=True)
    balance = ModelMoneyField(_("balance after it"), is_recorded=True)
    due_date = models.DateField(_("due"))
    original_due_date = models.DateField(_("due at first"))
    moved_at = models.DateTimeField(_("moved"), null=True, blank=True)
    late = ModelMoneyField(_("late interest"), default=Decimal("0.00"), is_recorded=True)
    paid = ModelMoneyField(_("paid"), default=Decimal("0.00"), is_recorded=True)
    waived = ModelMoneyField(_("waived"), default=Decimal("0.00"), is_recorded=True)
    reduced = ModelMoneyField(_("fallen by returns"), default=Decimal("0.00"), is_recorded=True)
    open_amount = models.GeneratedField(
        expression=F("amount") + F("late") - F("paid") - F("waived") - F("reduced"),
        output_field=models.DecimalField(max_digits=14, decimal_places=2),
        db_persist=True,
    )
    settled_at = models.DateTimeField(_("paid on"), null=True, blank=True)
    next_notice_at = models.DateTimeField(_("next reminder"), null=True, blank=True)
    notices = models.PositiveSmallIntegerField(_("reminders sent"), default=0)

    class Meta:
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        ordering = ["plan", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "number"], name="installment_number_once"),
            models.CheckConstraint(
                condition=Q(amount=F("principal") + F("interest"), principal__gte=0, interest__gte=0),
                name="installment_amount_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(late__gte=0, paid__gte=0, waived__gte=0, reduced__gte=0),
                name="installment_sums_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=F("paid") + F("waived") + F("reduced") - F("late")),
                name="installment_open_not_negative",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_date"], name="installment_open_due", condition=Q(open_amount__gt=0)),
            models.Index(
                fields=["next_notice_at"],
                name="installment_notice_due",
                condition=Q(next_notice_at__isnull=False),
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="terms_never_change",
                operation=pgtrigger.UpdateOf(
                    "plan_id", "number", "amount", "principal", "interest", "balance", "original_due_date"
                ),
            ),
            never_changes(),
        ]

    def __str__(self) -> str:
        return f"{self.number}/{self.plan.count}"

    @property
    def is_fallen(self) -> bool:
        """Say what `FALLEN` says."""
        return not self.open_amount and not self.paid and self.reduced > 0

    @property
    def trail(self) -> UUID:
        return self.plan.trail


_BOOK = """
UPDATE orders_installment
   SET paid = paid + CASE WHEN NEW.kind = 'paid' THEN NEW.amount
                          WHEN NEW.kind IN ('refunded', 'reversed') THEN -NEW.amount ELSE 0 END,
       waived = waived + CASE WHEN NEW.kind = 'waived' THEN NEW.amount
                              WHEN NEW.kind = 'waiver_fallen' THEN -NEW.amount ELSE 0 END,
       reduced = reduced + CASE WHEN NEW.kind IN ('reduced', 'refunded', 'waiver_fallen') THEN NEW.amount
                                WHEN NEW.kind = 'restored' THEN -NEW.amount ELSE 0 END,
       late = late + CASE WHEN NEW.kind = 'late' THEN NEW.amount ELSE 0 END,
       updated_at = now()
 WHERE id = NEW.installment_id;
RETURN NEW;
"""


class InstallmentEvent(BaseModel):
    """One thing that happened to an instalment; never changed. `cause` names what it comes from (`payment:<key>`).

    paid: money of a payment. reversed: a bank took it back, it is owed again. refunded: the shop gave it back, it is
    not owed any more. waived: interest that an early payment spares. reduced: fell because goods came back; restored:
    that was undone. waiver_fallen: of goods that came back, the interest spared before. late: late interest. moved: its
    due date (`amount` 0, the dates in `note`).
    """

    class Kind(models.TextChoices):
        PAID = "paid", _("paid")
        REVERSED = "reversed", _("taken back by the bank")
        REFUNDED = "refunded", _("given back")
        WAIVED = "waived", _("interest waived")
        REDUCED = "reduced", _("fallen by a return")
        RESTORED = "restored", _("return undone")
        WAIVER_FALLEN = "waiver_fallen", _("waived interest fallen by a return")
        LATE = "late", _("late interest")
        MOVED = "moved", _("due date moved")

    installment = models.ForeignKey(
        Installment, verbose_name=_("instalment"), on_delete=models.PROTECT, related_name="events"
    )
    kind = models.CharField(_("what"), max_length=14, choices=Kind)
    amount = ModelMoneyField(_("amount"), default=Decimal("0.00"), is_recorded=True)
    cause = models.CharField(_("cause"), max_length=120, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    actor = models.CharField(_("by"), max_length=150)

    class Meta:
        verbose_name = _("event of an instalment")
        verbose_name_plural = _("events of instalments")
        ordering = ["created_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount__gt=0) | Q(kind="moved", amount=0), name="installmentevent_amount_positive"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["cause"], name="installmentevent_cause")]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="book_the_event", when=pgtrigger.After, operation=pgtrigger.Insert, func=_BOOK
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}"
