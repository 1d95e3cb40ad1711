"""What may be returned, for which reasons and at whose cost: rows that the staff edit.

What the law grants is with the countries (`shop.core.countries`: `Withdrawal`, `ReturnRules`), and these rows never
take it away: `orders.returns.terms` joins both.
"""

from decimal import Decimal
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from catalog.models import Collection, Product
from shop.core.models import BaseModel
from shop.core.user_input.fields import ModelMoneyField
from shop.core.user_input.rates import ModelRateField


class ReturnReason(BaseModel):
    """Why a unit comes back, as buyers choose it and as inspectors find it. `code` is what reports and the API name.

    `is_fault`: the goods, their parcel or the shop are to blame, so that the buyer never pays for the return.
    `needs_area`: a reason of size, of which the buyer says where it does not fit. `label` is in the shop's
    own language.
    """

    code = models.SlugField(_("code"), max_length=40, unique=True)
    label = models.CharField(_("label"), max_length=80)
    label_en = models.CharField(_("label in English"), max_length=80, blank=True)
    label_pt = models.CharField(_("label in Portuguese"), max_length=80, blank=True)
    needs_area = models.BooleanField(_("asks where it does not fit"), default=False)
    is_fault = models.BooleanField(
        _("the shop's fault"),
        default=False,
        help_text=_("Damaged, wrong, not as described: the buyer pays neither fee nor way back."),
    )
    is_active = models.BooleanField(_("offered"), default=True)
    sort_order = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("reason of returns")
        verbose_name_plural = _("reasons of returns")
        ordering = ["sort_order", "code"]

    def __str__(self) -> str:
        return self.words

    @property
    def words(self) -> str:
        """The label in the reader's language; the shop's own where there is none."""
        language = (translation.get_language() or "").lower()
        translated = {"en": self.label_en, "pt": self.label_pt}.get(language[:2], "")
        return translated or self.label


class Payer(models.TextChoices):
    """Who pays the way back."""

    SHOP = "shop", _("the shop")
    BUYER = "buyer", _("the buyer")


class ReturnPolicy(BaseModel):
    """The shop's own terms for returns, beyond the law's: of a product, else of a collection, else of the whole shop.

    The newest row from which on an order was placed counts (`applies_from`), so that terms never change for what was
    bought before. All days are counted from delivery. Fees are taken only where the law lets the shop take any: in
    voluntary returns after the legal time, never for faulty goods.
    """

    product = models.ForeignKey(
        Product,
        verbose_name=_("product"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="return_policies",
    )
    collection = models.ForeignKey(
        Collection,
        verbose_name=_("collection"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="return_policies",
    )
    applies_from = models.DateTimeField(
        _("for orders placed from"),
        default=timezone.now,
        help_text=_("Add a row to change the terms: they stay as they were for orders placed before."),
    )
    days = models.PositiveSmallIntegerField(
        _("days to return"),
        default=30,
        help_text=_("From delivery. The law's own days are granted in any case."),
    )
    is_final_sale = models.BooleanField(
        _("final sale"),
        default=False,
        help_text=_("No voluntary returns after the legal days. Faulty goods may always be returned."),
    )
    is_personal_use = models.BooleanField(
        _("for personal use"),
        default=False,
        help_text=_("Underwear, swimwear: no withdrawal in countries whose law exempts it."),
    )
    way_back_paid_by = models.CharField(
        _("way back paid by"), max_length=5, choices=Payer, default=Payer.BUYER
    )
    label_fee = ModelMoneyField(
        _("fee for a label of ours"),
        default=Decimal("0.00"),
        help_text=_("Taken from the refund of a voluntary return, where the buyer pays the way back."),
    )
    fee_rate = ModelRateField(
        _("restocking fee"), default=Decimal(0), validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    send_within_days = models.PositiveSmallIntegerField(
        _("days to send it"),
        default=20,
        help_text=_("After approval. What is not sent by then expires, and may be asked for again."),
    )
    is_approved_at_once = models.BooleanField(_("approved at once"), default=False)
    approved_up_to = ModelMoneyField(
        _("approved at once up to"),
        null=True,
        blank=True,
        help_text=_("What the units were paid for. Empty: any amount."),
    )
    instructions = models.TextField(
        _("how to send it"),
        max_length=1000,
        blank=True,
        help_text=_("Shown to buyers whose return is approved: where to send or bring it."),
    )

    class Meta:
        verbose_name = _("terms of returns")
        verbose_name_plural = _("terms of returns")
        ordering = ["-applies_from"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(product=None) | Q(collection=None), name="returnpolicy_of_one_thing"
            ),
            models.UniqueConstraint(
                fields=["product", "collection", "applies_from"],
                name="returnpolicy_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(fee_rate__gte=0, fee_rate__lte=1, label_fee__gte=0),
                name="returnpolicy_fees_in_range",
            ),
            models.CheckConstraint(
                condition=Q(send_within_days__gt=0), name="returnpolicy_days_to_send_positive"
            ),
        ]

    def __str__(self) -> str:
        return str(self.product or self.collection or _("whole shop"))
