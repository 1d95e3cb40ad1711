"""The rows that the figures of the reports are sums of: entries of the sales, and sold lines. To be read."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Count, Model, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from catalog.models import Brand, Category, Collection, Product, Variant
from shop.core.backoffice.base import HistoryAdmin
from shop.core.money import display as money
from shop.reports.models import SalesEntry, SoldLine

MAY_SEE: Final = "reports.view_report"
NONE: Final = "none"
_PARTS: Final[Mapping[str, StrOrPromise]] = {
    "discounts": _("discounts"),
    "shipping": _("shipping"),
    "taxes": _("taxes"),
    "interest": _("interest"),
    "other": _("other charges"),
}


class SummedPages(Paginator[Model]):
    """Pages of a list that are counted and added up by one statement: of a year it reads half a million rows."""

    sum_of: tuple[str, ...] = ("amount",)

    @cached_property
    def sums(self) -> list[dict[str, Any]]:
        """Return the sums of all rows of the list and their `number`, by currency."""
        rows: Any = self.object_list
        found = rows.order_by("currency").values("currency")
        return list(found.annotate(number=Count("*"), **{f"sum_{name}": Sum(name) for name in self.sum_of}))

    @cached_property
    def count(self) -> int:
        return sum(row["number"] for row in self.sums)


class SummedLines(SummedPages):
    """Lines: what was sold and what of it has gone back."""

    sum_of = ("units", "units_returned", "amount", "returned")


class SummedList(ChangeList):
    """A list that says what its rows add up to."""

    @property
    def sums(self) -> list[dict[str, Any]]:
        """Return the sums of all rows of the list, by currency."""
        found: list[dict[str, Any]] = self.paginator.sums
        return found


class OnlyForReports:
    """Seen with the permission of the reports alone."""

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(request.user.has_perm(MAY_SEE))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(MAY_SEE))


@admin.register(SalesEntry)
class SalesEntryAdmin(OnlyForReports, HistoryAdmin[SalesEntry]):
    """What orders add to the sales and take from them."""

    list_display = ["order_link", "at", "kind_label", "units", "sum_label", "parts"]
    list_display_links = None
    list_filter = [("kind", ChoicesDropdownFilter), "is_undone"]
    list_select_related = ["order"]
    search_fields = ["order__number"]
    paginator = SummedPages
    list_before_template = "admin/reports/sums.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SummedList

    @display(description=_("order"), ordering="order__number")
    def order_link(self, entry: SalesEntry) -> str:
        address = reverse("admin:orders_order_change", args=[entry.order_id])
        return format_html('<a class="bo-link" href="{}">{}</a>', address, entry.order)

    @display(description=_("kind"), ordering="kind")
    def kind_label(self, entry: SalesEntry) -> str:
        return str(entry.get_kind_display())

    @display(description=_("amount"), ordering="amount")
    def sum_label(self, entry: SalesEntry) -> str:
        return money(entry.amount, entry.currency)

    @display(description=_("of which"))
    def parts(self, entry: SalesEntry) -> str:
        """Return what a sale consists of besides its goods."""
        found = [
            f"{words} {money(getattr(entry, name), entry.currency)}"
            for name, words in _PARTS.items()
            if getattr(entry, name)
        ]
        return " · ".join(found) or "—"


class OfFilter(admin.SimpleListFilter):
    """Lines of one product (variant, category …), named in the address; `none`: of none. Shown while it is used."""

    path: str
    model: type[Model]

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, StrOrPromise]]:
        key = self.value()
        if not key:
            return []
        if key == NONE:
            return [(key, _("none"))]
        found = self.model._default_manager.filter(pk=key).first()
        return [(key, str(found) if found else "—")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SoldLine]) -> QuerySet[SoldLine] | None:
        key = self.value()
        if not key:
            return None
        return queryset.filter(**({f"{self.path}__isnull": True} if key == NONE else {self.path: key}))


class ProductFilter(OfFilter):
    title, parameter_name, path, model = _("product"), "product", "variant__product", Product


class VariantFilter(OfFilter):
    title, parameter_name, path, model = _("variant"), "variant", "variant", Variant

    def queryset(self, request: HttpRequest, queryset: QuerySet[SoldLine]) -> QuerySet[SoldLine] | None:
        """Take those of a deleted variant for none's: its key stays in rows that were counted before."""
        if self.value() == NONE:
            return queryset.exclude(variant__in=Variant.objects.all())
        return super().queryset(request, queryset)


class CategoryFilter(OfFilter):
    title, parameter_name, path, model = _("category"), "category", "variant__product__category", Category


class BrandFilter(OfFilter):
    title, parameter_name, path, model = _("brand"), "brand", "variant__product__brand", Brand


class CollectionFilter(OfFilter):
    title, parameter_name, model = _("collection"), "collection", Collection
    path = "variant__product__entries__collection"


@admin.register(SoldLine)
class SoldLineAdmin(OnlyForReports, HistoryAdmin[SoldLine]):
    """Lines of orders that were sold, and what of them has gone back."""

    list_display = ["order_link", "day", "name", "sku", "units", "units_returned", "sum_label", "back_label"]
    list_display_links = None
    list_filter = [ProductFilter, VariantFilter, CategoryFilter, BrandFilter, CollectionFilter]
    list_select_related = ["order"]
    search_fields = ["order__number", "sku"]
    paginator = SummedLines
    list_before_template = "admin/reports/sums.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SummedList

    @display(description=_("order"), ordering="order__number")
    def order_link(self, line: SoldLine) -> str:
        address = reverse("admin:orders_order_change", args=[line.order_id])
        return format_html('<a class="bo-link" href="{}">{}</a>', address, line.order)

    @display(description=_("amount"), ordering="amount")
    def sum_label(self, line: SoldLine) -> str:
        return money(line.amount, line.currency)

    @display(description=_("gone back"), ordering="returned")
    def back_label(self, line: SoldLine) -> str:
        return money(line.returned, line.currency) if line.returned else "—"
