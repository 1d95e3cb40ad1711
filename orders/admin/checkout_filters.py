"""Filters of the list of checkouts."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from orders.checkout import progress
from orders.models import CheckoutSession
from orders.models.money import awaiting_money


class PayingFilter(admin.SimpleListFilter):
    """Purchases whose payment may still arrive without anybody's doing (a cash voucher, a review)."""

    title = _("payment")
    parameter_name = "paying"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, StrOrPromise]]:
        return [("waiting", _("waiting for the money"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[CheckoutSession]
    ) -> QuerySet[CheckoutSession] | None:
        return awaiting_money(queryset) if self.value() == "waiting" else None


class ReachedFilter(admin.SimpleListFilter):
    """Checkouts by the step that they reached."""

    title = _("step reached")
    parameter_name = "reached"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, StrOrPromise]]:
        return list(progress.Step.choices)

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[CheckoutSession]
    ) -> QuerySet[CheckoutSession] | None:
        step = self.value()
        return queryset.annotate(step=progress.reached()).filter(step=step) if step else None
