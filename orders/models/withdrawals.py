"""Requests to withdraw from a purchase: what a buyer declares on the public form, and by when the shop answers."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order
from shop.core.models import BaseModel
from shop.core.states import Table

# Argentina, Disposición 954/2025: the request's code within 24 hours. It is given at once; the shop's answer has a day.
ANSWER_WITHIN = timedelta(hours=24)


class WithdrawalRequest(BaseModel):
    """A buyer's declaration to withdraw. Anybody may make one without an account; `order` is set when number and
    e-mail address are those of an order, so that the form does not reveal which orders exist.

    received → answered (the staff has taken it up; `answer` says what was agreed).
    """

    class Status(models.TextChoices):
        RECEIVED = "received", _("received")
        ANSWERED = "answered", _("answered")

    TRANSITIONS: ClassVar[Table] = {Status.RECEIVED: {Status.ANSWERED}, Status.ANSWERED: set()}

    code = models.CharField(_("code"), max_length=12, unique=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.RECEIVED)
    order = models.ForeignKey(
        Order,
        verbose_name=_("order"),
        null=True,
        on_delete=models.PROTECT,
        related_name="withdrawal_requests",
    )
    order_number = models.CharField(_("order number as typed"), max_length=20)
    email = models.EmailField(_("e-mail"), blank=True)
    message = models.TextField(_("message"), max_length=1000, blank=True)
    language = models.CharField(_("language"), max_length=10, default="es")
    answer_by = models.DateTimeField(_("answer by"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answer = models.TextField(_("what was agreed"), blank=True)

    class Meta:
        verbose_name = _("withdrawal request")
        verbose_name_plural = _("withdrawal requests")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                "order_number",
                Lower("email"),
                condition=Q(status="received") & ~Q(email=""),
                name="withdrawal_one_open_per_purchase",
            ),
            models.CheckConstraint(
                condition=Q(status="received", answered_at__isnull=True)
                | Q(status="answered", answered_at__isnull=False),
                name="withdrawal_answered_has_time",
            ),
        ]
        indexes = [models.Index(fields=["answer_by"], name="withdrawal_open", condition=Q(status="received"))]

    def __str__(self) -> str:
        return self.code
