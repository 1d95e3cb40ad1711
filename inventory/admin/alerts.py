"""Alerts in the back office: the rules, what they found, and a button to check now."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from inventory import alerts
from inventory.models import AlertFiring, StockAlert
from shop.core.backoffice.base import BackOfficeAdmin, HistoryAdmin, foreign
from shop.core.backoffice.verb_forms import VerbForm, done, form_page, run_verb

KIND_TONES = {"low": "warning", "out": "danger", "overstock": "info"}


class CheckForm(VerbForm):
    """Nothing to fill in: only to confirm."""


@admin.register(StockAlert)
class StockAlertAdmin(BackOfficeAdmin[StockAlert]):
    """A threshold at which staff are mailed: for a variant, or as a category's default."""

    list_display = [
        "kind_label",
        "about",
        "threshold_label",
        "email",
        "is_active",
        "last_triggered_at",
        "open_now",
    ]
    list_display_links = ["kind_label", "about"]
    list_filter = [("kind", ChoicesDropdownFilter), "is_active"]
    list_select_related = ["variant__product", "category"]
    search_fields = ["variant__sku", "variant__barcode", "variant__product__name", "category__name", "email"]
    autocomplete_fields = ["variant", "category"]
    fields = ["kind", ("variant", "category"), ("threshold", "email"), "is_active", "last_triggered_at"]
    readonly_fields = ["last_triggered_at"]
    actions_list = ["check_now"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockAlert]:
        found: QuerySet[StockAlert] = super().get_queryset(request)
        return found.annotate(open_count=Count("firings", filter=Q(firings__recovered_at=None)))

    @display(description=_("kind"), ordering="kind", label=KIND_TONES)
    def kind_label(self, alert: StockAlert) -> tuple[str, str]:
        return alert.kind, alert.get_kind_display()

    @display(description=_("about"))
    def about(self, alert: StockAlert) -> str:
        if alert.variant is not None:
            return f"{alert.variant.sku} · {alert.variant.product.name} {alert.variant.name}"
        return gettext("Category %s") % alert.category

    @display(description=_("threshold"), ordering="threshold")
    def threshold_label(self, alert: StockAlert) -> str:
        if alert.threshold is not None:
            return str(alert.threshold)
        return {"low": gettext("the minimum"), "overstock": gettext("the optimum")}.get(alert.kind, "0")

    @display(description=_("open now"), ordering="open_count")
    def open_now(self, alert: Any) -> str:
        address = reverse("admin:inventory_alertfiring_changelist")
        return format_html(
            '<a class="bo-figure" href="{}?alert__id__exact={}&amp;state=open">{}</a>',
            address,
            alert.pk,
            alert.open_count,
        )

    def has_check_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("inventory.change_stockalert")

    @action(description=_("Check now"), url_path="check-now", icon="notifications", permissions=["check"])
    def check_now(self, request: HttpRequest) -> HttpResponse:
        """Run the job's check at once."""
        back = reverse("admin:inventory_stockalert_changelist")
        form = CheckForm(request.POST or None)
        found: list[alerts.CheckResult] = []
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="stock-alerts",
                refusals={},
                verb=lambda _data: found.append(alerts.check()),
            )
        ):
            words = gettext("Triggered: %(triggered)s. Recovered: %(recovered)s. Mails: %(mails)s.")
            return done(request, words % vars(found[0]) if found else "", back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Check the alerts now?"),
            button=gettext("Check now"),
            back=back,
            lead=gettext("Whoever an alert names gets one mail about what is new."),
        )


class OpenFilter(admin.SimpleListFilter):
    """Firings that are still open."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, StrOrPromise]]:
        return [("open", _("goes on")), ("over", _("recovered"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AlertFiring]) -> QuerySet[AlertFiring]:
        if self.value() in {"open", "over"}:
            return queryset.filter(recovered_at__isnull=self.value() == "open")
        return queryset


@admin.register(AlertFiring)
class AlertFiringAdmin(HistoryAdmin[AlertFiring]):
    """What the alerts found, from when to when."""

    list_display = [
        "triggered_at",
        "kind_label",
        "variant_link",
        "product",
        "figure",
        "threshold",
        "recovered_at",
    ]
    list_display_links = ["triggered_at"]
    list_filter = [OpenFilter, ("kind", ChoicesDropdownFilter)]
    list_select_related = ["variant__product"]
    search_fields = ["variant__sku", "variant__barcode", "variant__product__name"]
    date_hierarchy = "triggered_at"
    fields = [("kind", "variant"), ("figure", "threshold"), ("triggered_at", "recovered_at"), "alert"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the rules to link to their firings."""
        return lookup == "alert__id__exact" or super().lookup_allowed(lookup, value, request)

    @display(description=_("kind"), ordering="kind", label=KIND_TONES)
    def kind_label(self, firing: AlertFiring) -> tuple[str, str]:
        return firing.kind, firing.get_kind_display()

    @display(description="SKU", ordering="variant__sku")
    def variant_link(self, firing: AlertFiring) -> str:
        return foreign("catalog_variant", firing.variant, firing.variant.sku)

    @display(description=_("product"), ordering="variant__product__name")
    def product(self, firing: AlertFiring) -> str:
        return f"{firing.variant.product.name} {firing.variant.name}"
