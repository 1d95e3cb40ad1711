"""Shipping in the back office: methods and their rates, zones, and what carriers said and sold."""

from typing import Any, ClassVar, Final

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from orders.models import ShippingMethod, ShippingRate, ShippingZone, TrackingEvent
from orders.shipping import carriers, health
from shop.core.audit import labels
from shop.core.backoffice.base import (
    BackOfficeAdmin,
    HistoryAdmin,
    Overrides,
    StackedBackOfficeInline,
    require,
)

# Lists separated by commas: two lines, not the ten of a text.
_SHORT_LISTS: Final[Overrides] = {ArrayField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 2})}}


class ShippingRateInline(StackedBackOfficeInline[ShippingRate]):
    model = ShippingRate
    extra = 0
    fields = [
        ("name", "country", "is_active"),
        ("price", "free_from", "max_weight_grams"),
        ("days_min", "days_max", "zone"),
        "states",
    ]
    formfield_overrides: ClassVar = {**StackedBackOfficeInline.formfield_overrides, **_SHORT_LISTS}


class ShippingMethodForm(forms.ModelForm[ShippingMethod]):
    """A method; the carriers that may be chosen are those of SHIPPING_CARRIERS and what the row has already."""

    module = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = dict.fromkeys([*settings.SHIPPING_CARRIERS, *filter(None, [self.instance.module])])
        field = self.fields["module"]
        model_field = ShippingMethod._meta.get_field("module")
        field.label, field.help_text = capfirst(model_field.verbose_name), model_field.help_text
        field.choices = [("", gettext("None")), *((code, carriers.name_of(code)) for code in codes)]  # type: ignore[attr-defined]

    def clean_tracking_url_template(self) -> str:
        """Refuse what is no address with a place for the number."""
        written: str = self.cleaned_data["tracking_url_template"].strip()
        if written and not (written.startswith("https://") and "{number}" in written):
            raise forms.ValidationError(gettext("It must begin with https:// and hold {number}."))
        return written


@admin.register(ShippingMethod)
class ShippingMethodAdmin(BackOfficeAdmin[ShippingMethod]):
    """Shipping methods, with what each costs."""

    form = ShippingMethodForm
    formfield_overrides: ClassVar = {**BackOfficeAdmin.formfield_overrides, **_SHORT_LISTS}
    list_display = ["name", "kind", "carrier", "connected", "number_of_rates", "is_active", "sort_order"]
    list_filter = ["kind", "is_active"]
    search_fields = ["name", "carrier"]
    prepopulated_fields = {"code": ["name"]}
    inlines = [ShippingRateInline]
    fields = [
        ("name", "code"),
        ("kind", "carrier"),
        "module",
        "services",
        "tracking_url_template",
        "description",
        ("is_active", "sort_order"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShippingMethod]:
        return super().get_queryset(request).annotate(number=Count("rates"))

    @display(description=_("rates"), ordering="number")
    def number_of_rates(self, method: Any) -> int:
        return int(method.number)

    @display(description=_("connected carrier"), ordering="module")
    def connected(self, method: ShippingMethod) -> str:
        return carriers.name_of(method.module) if method.module else "—"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [path("carriers/", wrap(self.carriers_view), name="orders_carriers"), *super().get_urls()]

    def carriers_view(self, request: HttpRequest) -> HttpResponse:
        """Show how each carrier is, what waits for a decision, and what products lack for prices."""
        require(request, "orders.view_shippingmethod")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": gettext("Carriers"),
            "carriers": health.of_carriers(),
            "undecided": health.undecided(),
            "unweighed": health.variants_without_weight(),
        }
        return TemplateResponse(request, "admin/orders/shippingmethod/carriers.html", context)


@admin.register(ShippingZone)
class ShippingZoneAdmin(BackOfficeAdmin[ShippingZone]):
    """Zones of postal codes and states, for rates."""

    list_display = ["name", "country", "number_of_rates"]
    formfield_overrides: ClassVar = {**BackOfficeAdmin.formfield_overrides, **_SHORT_LISTS}
    search_fields = ["name"]
    fields = [("name", "country"), "states", "postal_codes"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShippingZone]:
        return super().get_queryset(request).annotate(number=Count("rates"))

    @display(description=_("rates"), ordering="number")
    def number_of_rates(self, zone: Any) -> int:
        return int(zone.number)


@admin.register(TrackingEvent)
class TrackingEventAdmin(HistoryAdmin[TrackingEvent]):
    """What carriers said, word for word; words that nobody knows are empty under "means"."""

    list_display = ["at", "carrier_label", "number", "text", "state", "place", "created_at"]
    list_filter = [("carrier", labels.filter_words(carriers.name_of)), "state"]
    search_fields = ["number", "text"]
    fields = [("at", "carrier_label"), ("shipment", "number"), ("text", "state"), ("place", "code")]
    readonly_fields = ["carrier_label"]

    @display(description=_("carrier"), ordering="carrier")
    def carrier_label(self, event: TrackingEvent) -> str:
        return carriers.name_of(event.carrier)
