"""Early access: who may buy from a drop before its window opens, by a code or by belonging to a group.

The database function `catalog_let_in_early(collection, cart, user)`, made by a migration, decides: the guarded
statement of the reservation and the screens both call it.
"""

from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models.collections import Collection
from shop.core import codes
from shop.core.models import BaseModel


class CustomerGroup(BaseModel):
    """Customers who are treated alike, such as the regulars. It grants no permission of the back office."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("members"), related_name="customer_groups", blank=True
    )

    class Meta:
        verbose_name = _("customer group")
        verbose_name_plural = _("customer groups")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class EarlyOpening(BaseModel):
    """A drop that opens sooner for a group: its members buy from `opens_at`, signed in."""

    collection = models.ForeignKey(
        Collection, verbose_name=_("drop"), on_delete=models.CASCADE, related_name="early_openings"
    )
    group = models.ForeignKey(
        CustomerGroup, verbose_name=_("group"), on_delete=models.CASCADE, related_name="early_openings"
    )
    opens_at = models.DateTimeField(_("opens for them"))

    class Meta:
        verbose_name = _("early opening")
        verbose_name_plural = _("early openings")
        ordering = ["opens_at"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "group"], name="earlyopening_one_per_group")
        ]

    def __str__(self) -> str:
        return f"{self.collection}: {self.group}"


class AccessCode(BaseModel):
    """A code that lets `max_uses` visitors (any number when empty) into a drop before it opens.

    `uses` is counted by the database with the grant it gives, in one transaction. A code that is switched off shuts
    out those whom it let in as well. Codes are kept in capitals, without spaces.
    """

    collection = models.ForeignKey(
        Collection, verbose_name=_("drop"), on_delete=models.CASCADE, related_name="access_codes"
    )
    code = models.CharField(
        _("code"),
        max_length=32,
        validators=[RegexValidator(r"^[A-Z0-9-]{4,32}$", _("4 to 32 of A–Z, 0–9, -"))],
    )
    note = models.CharField(_("note"), max_length=120, blank=True, help_text=_("Who it is for."))
    opens_at = models.DateTimeField(_("lets in from"), null=True, blank=True, help_text=_("Empty: at once."))
    expires_at = models.DateTimeField(_("can be used until"), null=True, blank=True)
    max_uses = models.PositiveIntegerField(
        _("most uses"),
        null=True,
        blank=True,
        default=1,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: any number."),
    )
    uses = models.PositiveIntegerField(_("uses"), default=0, editable=False)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("access code")
        verbose_name_plural = _("access codes")
        ordering = ["-created_at", "code"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "code"], name="accesscode_unique"),
            models.CheckConstraint(
                condition=Q(max_uses__isnull=True) | Q(uses__lte=F("max_uses")),
                name="accesscode_uses_within_limit",
                violation_error_message=_("It has been used more often than that already."),
            ),
        ]

    def __str__(self) -> str:
        return self.code


class AccessGrant(BaseModel):
    """Somebody who may buy early: the cart of a guest (key only: catalog does not import carts), or an account."""

    collection = models.ForeignKey(
        Collection, verbose_name=_("drop"), on_delete=models.CASCADE, related_name="access_grants"
    )
    cart_id = models.UUIDField(_("cart"), null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="access_grants",
    )
    code = models.ForeignKey(
        AccessCode,
        verbose_name=_("access code"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="grants",
    )
    actor = models.CharField(_("actor"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("early access")
        verbose_name_plural = _("early accesses")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(cart_id__isnull=False, user__isnull=True)
                | Q(cart_id__isnull=True, user__isnull=False),
                name="accessgrant_one_owner",
            ),
            models.UniqueConstraint(
                fields=["collection", "cart_id"],
                condition=Q(cart_id__isnull=False),
                name="accessgrant_one_per_cart",
            ),
            models.UniqueConstraint(
                fields=["collection", "user"],
                condition=Q(user__isnull=False),
                name="accessgrant_one_per_user",
            ),
        ]
        indexes = [
            models.Index(fields=["cart_id"], name="accessgrant_cart", condition=Q(cart_id__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.collection_id}: {self.user_id or self.cart_id}"


def normalise(code: str) -> str:
    """Return a typed code as codes are kept: capitals, no spaces, no invisible characters."""
    return codes.fold(code)
