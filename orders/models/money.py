"""What is left of an order's money: what its payments brought, less what went back and what banks took.

Nothing of it is stored with the order: it follows from the rows of its payments (one; or many, of an order paid in
instalments) and of its instalments. Payments are above orders in the import order, so their models are found by name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from django.apps import apps
from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Coalesce, Greatest, Least
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from orders.models.order import Order

_ZERO: Final = Decimal("0.00")
# A refund that failed gave nothing back; one that is asked for or on its way has given the money away already.
LIVE_REFUNDS: Final = ("requested", "pending", "succeeded", "manual")
# A plan of instalments that is being paid, or waits for its first payment (`InstallmentPlan.LIVE`).
LIVE_PLANS: Final = ("awaiting", "active")

Session = TypeVar("Session", bound=models.Model)


class MoneyState(models.TextChoices):
    """The states of an order's money."""

    KEPT = "kept", _("paid")
    DUE = "due", _("being paid in instalments")
    PART = "part", _("partly refunded")
    GOING = "going", _("refund under way")
    REFUNDED = "refunded", _("refunded")
    CHARGED_BACK = "charged_back", _("charged back")


# All of the money has gone, or is on its way: nothing is sent for it, and it does not count as a sale.
GONE: Final = frozenset({MoneyState.GOING, MoneyState.REFUNDED, MoneyState.CHARGED_BACK})


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """Sums of the payments that paid an order, in major units of its currency.

    `promised` counts every refund that has not failed and what is owed in money, `refunded` those that are done,
    `charged_back` what banks took. `due` is what is still to be paid, of an order with a live plan of instalments.
    """

    paid: Decimal
    promised: Decimal
    refunded: Decimal
    charged_back: Decimal
    due: Decimal = _ZERO

    @property
    def state(self) -> MoneyState:
        """The state of the money; an order that cost nothing keeps all of it.

        One of which instalments are still to be paid is neither paid nor partly refunded.
        """
        state = self.gone_state
        return MoneyState.DUE if self.due and state not in GONE else state

    @property
    def gone_state(self) -> MoneyState:
        """What became of the money that came, whatever is still to be paid."""
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
    """Orders, with the sums of their payments, refunds and instalments."""

    def with_money(self) -> Self:
        """Add what `Order.money` reads, so that a list of orders needs no query for each."""
        return self.annotate(
            money_paid=_of_payments(Sum("amount")),
            money_promised=_of_payments(Sum(_promised())) + _owed_money(),
            money_refunded=_of_payments(Sum(_refunds(["succeeded"]))),
            money_charged_back=_of_payments(Sum("charged_back_amount")),
            money_due=_due(),
        )

    def money_gone(self) -> Self:
        """Return the orders of which no money is left: refunded, being refunded, or charged back."""
        return self.filter(pk__in=self._gone())

    def with_money_left(self, *, among: Q | None = None) -> Self:
        """Return the orders of which money is left or still to come, and those that cost nothing.

        `among`: what these orders have in common, so that no sum is made of others.
        """
        return self.exclude(pk__in=self._gone(among))

    def _gone(self, among: Q | None = None) -> "models.QuerySet[Order, Any]":
        """Return the keys of orders whose payments have nothing left; sums only of orders of which something went."""
        touched = self.model._default_manager.filter(
            among or Q(),
            Q(payments__refunds__status__in=LIVE_REFUNDS)
            | Q(payments__refunded_amount__gt=0)
            | Q(payments__charged_back_amount__gt=0)
            | Q(reimbursements__status="owed"),
            payments__role="order",
        )
        paying = self.model._default_manager.filter(pk__in=touched.order_by().values("pk"))
        return (
            paying.order_by()
            .annotate(
                sum_paid=_of_payments(Sum("amount")),
                sum_gone=_of_payments(Sum(_promised()))
                + _of_payments(Sum("charged_back_amount"))
                + _owed_money(),
            )
            .filter(sum_paid__gt=0, sum_gone__gte=F("sum_paid"))
            .values("pk")
        )


def _of_payments(expression: models.Aggregate) -> Coalesce:
    """Return a sub-query about the payments that paid an order; 0 where there is none."""
    payment = apps.get_model("payments", "Payment")
    paying = payment._default_manager.filter(order=OuterRef("pk"), role="order").order_by()
    sums = paying.values("order").annotate(sum_of_payments=expression).values("sum_of_payments")
    return Coalesce(Subquery(sums), _ZERO, output_field=models.DecimalField())


def _refunds(statuses: Sequence[str]) -> Coalesce:
    """Return the sum of a payment's refunds in these states."""
    refund = apps.get_model("payments", "Refund")
    rows = refund._default_manager.filter(payment=OuterRef("pk"), status__in=statuses).order_by()
    sums = rows.values("payment").annotate(sum_of_refunds=Sum("amount")).values("sum_of_refunds")
    return Coalesce(Subquery(sums), _ZERO, output_field=models.DecimalField())


def _promised() -> Greatest:
    """Return a payment's refunds that have not failed, or the provider's own sum if that is more."""
    return Greatest(_refunds(LIVE_REFUNDS), F("refunded_amount"), output_field=models.DecimalField())


def _owed_money() -> Case:
    """Return what an order's buyer is owed and no refund has promised yet (`orders.reimbursements`).

    What is owed of an order with open instalments makes those fall first, and interest that was waived: only the rest
    is money, and never more than its payments have left. The sums are asked for where something is owed alone.
    """
    row = apps.get_model("orders", "Reimbursement")
    owed = row._default_manager.filter(order=OuterRef("pk"), status="owed").order_by()
    sums = owed.values("order").annotate(sum_owed=Sum("amount")).values("sum_owed")
    all_owed = Coalesce(Subquery(sums), _ZERO, output_field=models.DecimalField())
    left = (
        _of_payments(Sum("amount"))
        - _of_payments(Sum(_promised()))
        - _of_payments(Sum("charged_back_amount"))
    )
    money = Greatest(Least(all_owed - _due(), left), _ZERO, output_field=models.DecimalField())
    return Case(
        When(GreaterThan(all_owed, _ZERO), then=money), default=_ZERO, output_field=models.DecimalField()
    )


def _due() -> Coalesce:
    """Return what is open of the instalments of an order's live plan; 0 without one."""
    row = apps.get_model("orders", "Installment")
    live = row._default_manager.filter(plan__order=OuterRef("pk"), plan__status__in=LIVE_PLANS).order_by()
    sums = live.values("plan").annotate(sum_open=Sum("open_amount")).values("sum_open")
    return Coalesce(Subquery(sums), _ZERO, output_field=models.DecimalField())


def awaiting_money(sessions: models.QuerySet[Session]) -> models.QuerySet[Session]:
    """Return the purchases whose payment may still arrive: a cash voucher, a payment under review.

    Attempts left without paying do not count, and a payment of a wrong sum has arrived already.
    """
    return sessions.filter(status="awaiting_payment", attempts__status="pending").distinct()
