"""Collections and drops, with their products in order."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from catalog.admin.access import EarlyOpeningInline
from catalog.models import Collection, CollectionProduct
from shop.core.backoffice.base import BackOfficeAdmin, BackOfficeInline, Counted, Overrides
from shop.core.backoffice.public_texts import PublicTexts
from shop.core.pictures import PictureField
from shop.core.pictures.widgets import PictureInput


class CollectionProductInline(BackOfficeInline[CollectionProduct]):
    model = CollectionProduct
    extra = 0
    fields = ["product", "sort_order"]
    ordering_field = "sort_order"
    hide_ordering_field = True
    autocomplete_fields = ["product"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CollectionProduct]:
        return super().get_queryset(request).select_related("product")


@admin.register(Collection)
class CollectionAdmin(PublicTexts[Collection], BackOfficeAdmin[Collection]):
    """What is shown together; for a drop, also when it is sold."""

    public_texts = ("name", "tagline", "description")

    list_display = ["name", "kind", "phase_label", "starts_at", "ends_at", "number_of_products", "is_active"]
    list_filter = [("kind", ChoicesDropdownFilter), "is_active"]
    search_fields = ["name", "tagline"]
    date_hierarchy = "starts_at"
    prepopulated_fields = {"slug": ["name"]}
    inlines = [EarlyOpeningInline, CollectionProductInline]
    formfield_overrides: ClassVar[Overrides] = {
        **BackOfficeAdmin.formfield_overrides,
        PictureField: {"widget": PictureInput},
    }
    fieldsets = [
        (None, {"fields": [("name", "slug"), ("kind", "is_active", "sort_order"), "tagline", "description"]}),
        (_("Window"), {"fields": ["starts_at", "ends_at"]}),
        (_("Hero"), {"fields": ["hero_image", ("hero_focus_x", "hero_focus_y"), "hero_colour"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Collection]:
        return super().get_queryset(request).annotate(number=Count("entries"))

    @display(description=_("products"), ordering="number")
    def number_of_products(self, collection: Counted) -> int:
        return int(collection.number)

    @display(description=_("phase"), label={"upcoming": "info", "open": "success", "closed": "warning"})
    def phase_label(self, collection: Collection) -> tuple[str, str]:
        phase = collection.phase(timezone.now())
        return phase.value, str(phase.label)
