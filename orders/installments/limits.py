"""Who may begin another plan: no overdue instalment, not too many plans, not too much owed, by customer and in all.

Two plans of one customer at once take turns (an advisory lock), so that neither passes the limit beside the other.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.installments import bills
from orders.models import Installment, InstallmentPlan
from shop.core.money import ZERO, display

if TYPE_CHECKING:
    from shop.accounts.models import User


class PlanRefused(Exception):
    """This customer may not begin a plan now; `words` say why, in the reader's language."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, slots=True)
class Exposure:
    """What is owed: open instalments in all, and how many plans they belong to."""

    amount: Decimal
    plans: int


def exposure(user: "User | None" = None) -> Exposure:
    """Return what a customer owes by plans, or all customers together (None); one query."""
    rows = Installment.objects.filter(plan__status__in=InstallmentPlan.LIVE, open_amount__gt=0)
    if user is not None:
        rows = rows.filter(plan__user=user)
    plans = rows.values("plan").distinct().count() if user is not None else 0
    return Exposure(rows.aggregate(sum=Sum("open_amount"))["sum"] or ZERO, plans)


def financed_in_a_year() -> Decimal:
    """Return what the shop has financed in the last twelve months (the base of plans that were not cancelled)."""
    since = timezone.now() - timedelta(days=365)
    plans = InstallmentPlan.objects.filter(accepted_at__gte=since).exclude(status="cancelled")
    return plans.aggregate(sum=Sum("base"))["sum"] or ZERO


def overdue(user: "User") -> bool:
    """Say whether a customer has an instalment that is overdue, its days of grace over."""
    rows = Installment.objects.filter(
        plan__user=user,
        plan__status__in=InstallmentPlan.LIVE,
        open_amount__gt=0,
        due_date__lt=timezone.localdate(),
    ).select_related("plan")
    return any(bills.is_overdue(row.plan, row) for row in rows)


def take_turn(user: "User") -> None:
    """Wait for another plan that this customer is beginning; until the end of the caller's transaction.

    With a ceiling for the shop, all customers take turns.
    """
    names = [f"plan:{user.pk}"]
    if settings.INSTALLMENT_SHOP_CEILING:
        names.insert(0, "plans of the shop")
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


@dataclass(frozen=True, slots=True)
class CustomerLimits:
    """What decides whether a customer may begin a plan, read once for several quotes. `of_shop` None: no ceiling."""

    is_overdue: bool
    mine: Exposure
    of_shop: Exposure | None

    def refusal(self, total: Decimal, currency: str) -> str:
        """Return in words why a plan of `total` may not be begun; "": it may."""
        most, ceiling = settings.INSTALLMENT_MAX_EXPOSURE, settings.INSTALLMENT_SHOP_CEILING
        if self.is_overdue:
            return _("You have an overdue instalment. Pay it and you can buy in instalments again.")
        if self.mine.plans and self.mine.plans >= settings.INSTALLMENT_MAX_PLANS:
            return ngettext(
                "You have %(count)d plan open already, which is as many as we offer at once.",
                "You have %(count)d plans open already, which is as many as we offer at once.",
                self.mine.plans,
            ) % {"count": self.mine.plans}
        if most and self.mine.amount + total > most:
            return _(
                "With this purchase you would owe more than %(most)s in instalments, which is the most we offer."
            ) % {"most": display(most, currency)}
        is_full = self.of_shop is not None and self.of_shop.amount + total > ceiling
        if is_full or not settings.INSTALLMENT_MAX_PLANS:
            return _("We cannot offer more instalments of our own at the moment. Choose another way to pay.")
        return ""


def of_customer(user: "User") -> CustomerLimits:
    """Return what decides about a customer's next plan; three queries, five with a ceiling for the shop."""
    of_shop = exposure() if settings.INSTALLMENT_SHOP_CEILING else None
    return CustomerLimits(overdue(user), exposure(user), of_shop)


def refusal(user: "User") -> str:
    """Return why a customer may not begin any plan now, in the reader's language; "" where nothing is against it."""
    try:
        check(user, ZERO, settings.SHOP_CURRENCY)
    except PlanRefused as refused:
        return refused.words
    return ""


def check(user: "User", total: Decimal, currency: str) -> None:
    """Make sure that a customer may begin a plan of `total`.

    Raises:
        PlanRefused: overdue, too many plans, or more than may be owed.
    """
    if refusal := of_customer(user).refusal(total, currency):
        raise PlanRefused(refusal)
