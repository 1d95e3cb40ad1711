"""The bank data for a manual refund: given by the shopper, encrypted, and deleted when the refund is done."""

from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.models.payments import Refund
from shop.core.models import BaseModel


class BankRequest(BaseModel):
    """One question for bank data, for one manual refund.

    `sealed` is the answer as `shop.core.privacy.vault` encrypts it; no column shows anything of the account. `revision`
    counts the answers, so that a transfer is refused when the data are not those seen any more. Its stage
    follows from the refund and from these: waiting → ready → done, and purged some days later.
    """

    refund = models.OneToOneField(
        Refund, verbose_name=_("refund"), on_delete=models.PROTECT, related_name="bank_request"
    )
    country = models.CharField(_("country"), max_length=2)
    sealed = models.TextField(blank=True, editable=False)
    revision = models.PositiveIntegerField(_("answers"), default=0)
    given_at = models.DateTimeField(_("given"), null=True, blank=True)
    mails = models.PositiveSmallIntegerField(_("mails"), default=0)
    next_reminder_at = models.DateTimeField(_("next reminder"), null=True, blank=True)
    purged_at = models.DateTimeField(_("forgotten"), null=True, blank=True)

    class Meta:
        verbose_name = _("bank data")
        verbose_name_plural = _("bank data")
        ordering = ["-created_at"]
        permissions = [("see_bank_data", "Can see the bank data of manual refunds")]
        constraints = [
            models.CheckConstraint(
                condition=Q(purged_at__isnull=True) | Q(sealed=""), name="bankrequest_purged_is_empty"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_reminder_at"],
                name="bankrequest_reminder",
                condition=Q(next_reminder_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.refund)

    @property
    def trail(self) -> UUID | None:
        return self.refund.trail

    @property
    def stage(self) -> str:
        """Return `waiting`, `ready` or `done`."""
        if self.refund.status != Refund.Status.MANUAL:
            return "done"
        return "ready" if self.sealed else "waiting"

    @property
    def words(self) -> object:
        """Return the stage in words."""
        return STANDINGS[self.stage]


STANDINGS = {
    "waiting": _("waiting for bank data"),
    "ready": _("ready to transfer"),
    "done": _("transferred"),
}
