"""Options with their values; brands and suppliers."""

from typing import cast

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from catalog.models import Brand, Option, OptionValue, Supplier
from shop.core.backoffice.base import BackOfficeAdmin, BackOfficeInline, Counted, M


class OptionValueInline(BackOfficeInline[OptionValue]):
    model = OptionValue
    extra = 0
    fields = ["name", "code", "swatch", "sort_order"]
    ordering_field = "sort_order"
    prepopulated_fields = {"code": ["name"]}


@admin.register(Option)
class OptionAdmin(BackOfficeAdmin[Option]):
    """In what ways variants differ, and the values in their order (XS < S < M)."""

    list_display = ["name", "code", "kind", "number_of_values", "sort_order"]
    list_filter = ["kind"]
    search_fields = ["name", "code"]
    prepopulated_fields = {"code": ["name"]}
    inlines = [OptionValueInline]
    fields = [("name", "code"), ("kind", "sort_order")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Option]:
        return super().get_queryset(request).annotate(number=Count("values"))

    @display(description=_("values"), ordering="number")
    def number_of_values(self, option: Counted) -> int:
        return int(option.number)


@admin.register(OptionValue)
class OptionValueAdmin(BackOfficeAdmin[OptionValue]):
    """Found by the autocomplete of pictures; edited within the option."""

    list_display = ["name", "option", "code", "swatch", "sort_order"]
    list_filter = ["option"]
    list_select_related = ["option"]
    search_fields = ["name", "code"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OptionValue]:
        return super().get_queryset(request).select_related("option")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False


class _WithProducts(BackOfficeAdmin[M]):
    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        return cast("QuerySet[M]", super().get_queryset(request).annotate(number=Count("products")))

    @display(description=_("products"), ordering="number")
    def number_of_products(self, obj: Counted) -> int:
        return obj.number


@admin.register(Brand)
class BrandAdmin(_WithProducts[Brand]):
    list_display = ["name", "slug", "number_of_products"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Supplier)
class SupplierAdmin(_WithProducts[Supplier]):
    list_display = ["name", "contact_name", "email", "phone", "number_of_products"]
    search_fields = ["name", "contact_name", "email", "phone", "tax_id"]
    fields = ["name", ("contact_name", "tax_id"), ("email", "phone"), "address", "notes"]
