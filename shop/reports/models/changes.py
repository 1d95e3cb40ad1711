"""What is to be counted again: written by triggers of the database beside each change (`sql/changes.sql`).

Rows of orders and payments change in many places, and by hand as well. The row is written in the transaction of the
change: none is forgotten, and none is counted before it is committed. Nothing here is unique, so that no purchase waits
for another one or for the job.
"""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ReportChange(models.Model):
    """Something that changed: an order, or a checkout by the instant at which it began (`at`).

    With `is_all` everything is counted again, in portions of orders above the key `after`.
    """

    id = models.BigAutoField(primary_key=True)
    order_id = models.UUIDField(null=True)
    at = models.DateTimeField(null=True)
    is_all = models.BooleanField(default=False, db_default=False)
    after = models.UUIDField(null=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("change to be counted")
        verbose_name_plural = _("changes to be counted")
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.order_id or self.at or "all")
