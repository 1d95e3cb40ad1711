"""What is left of an order's money: what its payment brought, less what went back and what a bank took.

Nothing of it is stored with the order: it follows from the rows of its payment. Payments are above orders in the
import order, so they are reached through the reverse relations.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from django.apps import apps
from django.db import models
from django.db.models import Max, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from orders.models.order import Order

_ZERO: Final = Decimal("0.00")
# A refund that failed gave nothing back; one that is asked for or on its way has given the money away already.
LIVE_REFUNDS: Final = ("requested", "pending", "succeeded", "manual")

Session = TypeVar("Session", bound=models.Model)


class MoneyState(models.TextChoices):
    """The states of an order's money."""

    KEPT = "kept", _("paid")
    PART = "part", _("partly refunded")
    GOING = "going", _("refund under way")
    REFUNDED = "refunded", _("refunded")
    CHARGED_BACK = "charged_back", _("charged back")


# All of the money has gone, or is on its way: nothing is sent for it, and it does not count as a sale.
GONE: Final = frozenset({MoneyState.GOING, MoneyState.REFUNDED, MoneyState.CHARGED_BACK})


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """Sums of the payment that paid an order, in major units of its currency.

    `promised` counts every refund that has not failed, `refunded` those that are done, `charged_back` what a bank took.
    """

    paid: Decimal
    promised: Decimal
    refunded: Decimal
    charged_back: Decimal

    @property
    def state(self) -> MoneyState:
        """The state of the money; an order that cost nothing keeps all of it."""
        gone = self.promised + self.charged_back
        if not self.paid or not gone:
            return MoneyState.KEPT
        if gone < self.paid:
            return MoneyState.PART
        if self.charged_back:
            return MoneyState.CHARGED_BACK
        return MoneyState.REFUNDED if self.refunded >= self.paid else MoneyState.GOING

    @property
    def is_gone(self) -> bool:
        """Say whether nothing is left of what was paid."""
        return self.state in GONE

    @property
    def returned(self) -> Decimal:
        """Return what went or goes back to the buyer, or was taken by a bank; never more than was paid."""
        return min(self.promised + self.charged_back, self.paid)


class OrderQuerySet(models.QuerySet["Order"]):
    """Orders, with the sums of their payments and refunds."""

    def with_money(self) -> Self:
        """Add what `Order.money` reads, so that a list of orders needs no query for each."""
        return self.annotate(
            money_paid=self._of_payment(Max("payments__amount")),
            money_promised=self._of_payment(_promised()) + _owed(),
            money_refunded=self._of_payment(
                Sum("payments__refunds__amount", filter=Q(payments__refunds__status="succeeded"))
            ),
            money_charged_back=self._of_payment(Max("payments__charged_back_amount")),
        )

    def money_gone(self) -> Self:
        """Return the orders of which no money is left: refunded, being refunded, or charged back."""
        return self.filter(pk__in=self._gone())

    def with_money_left(self) -> Self:
        """Return the orders of which money is left, and those that cost nothing."""
        return self.exclude(pk__in=self._gone())

    def _gone(self) -> "models.QuerySet[Order, Any]":
        """Return the keys of orders whose payment has nothing left."""
        touched = self.model._default_manager.filter(
            Q(payments__refunds__status__in=LIVE_REFUNDS)
            | Q(payments__refunded_amount__gt=0)
            | Q(payments__charged_back_amount__gt=0)
            | Q(reimbursements__status="owed"),
            payments__role="order",
        )
        paying = self.model._default_manager.filter(pk__in=touched.values("pk"), payments__role="order")
        return (
            paying.order_by()
            .values("pk")
            .annotate(
                sum_paid=Max("payments__amount"),
                sum_gone=_promised() + Coalesce(Max("payments__charged_back_amount"), _ZERO) + _owed(),
            )
            .filter(sum_paid__gt=0, sum_gone__gte=models.F("sum_paid"))
            .values("pk")
        )

    def _of_payment(self, expression: models.Aggregate | models.Func) -> Coalesce:
        """Return a sub-query about the one payment that paid the order; 0 where there is none."""
        paying = self.model._default_manager.filter(pk=OuterRef("pk"), payments__role="order").order_by()
        values = paying.values("pk").annotate(sum_of_payment=expression).values("sum_of_payment")
        return Coalesce(Subquery(values), _ZERO, output_field=models.DecimalField())


def _promised() -> Greatest:
    """Return the sum of refunds that have not failed, or the provider's own sum if that is more."""
    live = Sum("payments__refunds__amount", filter=Q(payments__refunds__status__in=LIVE_REFUNDS))
    return Greatest(Coalesce(live, _ZERO), Coalesce(Max("payments__refunded_amount"), _ZERO))


def _owed() -> Coalesce:
    """Return what an order's buyer is owed and no refund has promised yet (`orders.reimbursements`)."""
    row = apps.get_model("orders", "Reimbursement")
    owed = row._default_manager.filter(order=OuterRef("pk"), status="owed").order_by()
    sums = owed.values("order").annotate(sum_owed=Sum("amount")).values("sum_owed")
    return Coalesce(Subquery(sums), _ZERO, output_field=models.DecimalField())


def awaiting_money(sessions: models.QuerySet[Session]) -> models.QuerySet[Session]:
    """Return the purchases whose payment may still arrive: a cash voucher, a payment under review.

    Attempts left without paying do not count, and a payment of a wrong sum has arrived already.
    """
    return sessions.filter(status="awaiting_payment", attempts__status="pending").distinct()
