"""Payment methods as clients of the API name them: a number, a name, and the providers that stand behind it."""

from typing import ClassVar, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.core.database.public_numbers import PublicNumberField, never_changes
from shop.core.models import BaseModel

# Any provider that the shop offers and that has not been named, except one that is paid days later (a transfer).
ANY_OTHER: Final = "*"


class PaymentMethod(BaseModel):
    """A way to pay that a client may name by its number: 1 is the card.

    `gateways` are codes of providers, the preferred one first: a purchase is paid at the first that the shop offers;
    `*` is any other whose payments are made at once. One that is not active is refused for new purchases and goes on
    being shown in old ones; it is never deleted.
    """

    public_number = PublicNumberField(_("number"), sequence="orders_paymentmethod_public_number")
    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=60)
    gateways = ArrayField(models.CharField(max_length=20), verbose_name=_("providers"), default=list)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("payment method")
        verbose_name_plural = _("payment methods")
        ordering = ["public_number"]
        triggers: ClassVar = [never_changes()]

    def __str__(self) -> str:
        return self.name
