"""Offers of instalments in the back office: a form whose change of terms makes a new version, and what it costs."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.decorators import display

from orders.installments import limits, offers
from orders.models import InstallmentOffer
from shop.core import countries
from shop.core.backoffice.base import BackOfficeAdmin, actor
from shop.core.installments.country_rules import OfferProblem
from shop.core.money import display as money
from shop.core.states import record
from shop.core.templatetags.rates import fraction, percent
from shop.core.user_input.fields import MoneyField

PREVIEW = "_preview"  # The button that shows what the typed terms cost,
PRICE = "preview_price"  # of this price.
_ANY_AMOUNT = Decimal(100_000)


class PreviewForm(forms.Form):
    """The price that the preview is computed for."""

    amount = MoneyField(label=_("Price"), min_value=Decimal("0.01"))


class OfferForm(forms.ModelForm[InstallmentOffer]):
    """An offer as it is typed: rates in percent. What the country forbids cannot be offered."""

    def clean_code(self) -> str:
        """Refuse the code of another offer: versions of one offer are made by changing it."""
        code = str(self.cleaned_data["code"])
        if self.instance._state.adding and InstallmentOffer.objects.filter(code=code).exists():
            raise forms.ValidationError(gettext("There is an offer with this code. Change that one."))
        return code

    def clean(self) -> dict[str, Any]:
        """Refuse ranges that end before they begin, and to offer what the law of the country forbids."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        least, most = data.get("min_amount"), data.get("max_amount")
        if least is not None and most is not None and most < least:
            self.add_error("max_amount", gettext("It must not be less than “from”."))
        begins, ends = data.get("starts_at"), data.get("ends_at")
        if begins and ends and ends <= begins:
            self.add_error("ends_at", gettext("It must end after it begins."))
        if data.get("is_active"):
            for problem in problems(typed_offer(data)):
                if problem.is_forbidden:
                    self.add_error(
                        "is_active", gettext("It cannot be offered. %(why)s") % {"why": problem.words}
                    )
        if PREVIEW in self.data and not self.errors:
            self.add_error(None, gettext("Nothing is saved yet: this is only the preview, below."))
        return data


def typed_offer(data: dict[str, Any]) -> InstallmentOffer | None:
    """Return the terms in a form's clean data as an offer that is not saved; None where one of them is missing."""
    values = {name: data.get(name) for name in ("count", "factor", "due_policy")}
    if any(value in {None, ""} for value in values.values()):
        return None
    return InstallmentOffer(**values, due_day=data.get("due_day") or 10)


def problems(offer: InstallmentOffer | None) -> list[OfferProblem]:
    """Return what the country has against an offer; nothing where its terms cannot be computed at all."""
    if offer is None:
        return []
    try:
        return offers.problems_of(offer, countries.current())
    except ValueError:
        return []


class VersionFilter(admin.SimpleListFilter):
    """The versions that are valid now, unless all are asked for."""

    title = _("versions")
    parameter_name = "versions"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, StrOrPromise]]:
        return [("all", _("also those before"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[InstallmentOffer]
    ) -> QuerySet[InstallmentOffer]:
        return queryset if self.value() == "all" else queryset.filter(is_current=True)


@admin.register(InstallmentOffer)
class InstallmentOfferAdmin(BackOfficeAdmin[InstallmentOffer]):
    """Offers: the current versions; on each page what it costs, and the versions before."""

    form = OfferForm
    list_display = ["name", "state", "count", "factor_label", "annual_rate", "amounts", "version"]
    list_filter = [VersionFilter, "is_active"]
    search_fields = ["name", "code"]
    prepopulated_fields = {"code": ["name"]}
    autocomplete_fields = ["customers", "groups", "products", "categories", "collections"]
    fieldsets = [
        (None, {"fields": [("name", "code"), "is_active"]}),
        (
            _("Terms"),
            {
                "fields": [
                    ("count", "factor"),
                    ("due_policy", "due_day"),
                    ("late_monthly_rate", "grace_days"),
                ],
                "description": _(
                    "A change here makes a new version. Who was shown this one, or buys by it, keeps it."
                ),
            },
        ),
        (_("For which purchases"), {"fields": [("min_amount", "max_amount"), "starts_at", "ends_at"]}),
        (
            _("Only for"),
            {
                "fields": ["groups", "customers", "products", "categories", "collections"],
                "description": _("Empty: for everybody, and for everything."),
            },
        ),
    ]
    change_form_after_template = "admin/orders/installmentoffer/preview.html"
    change_form_outer_after_template = "admin/orders/installmentoffer/versions.html"
    change_form_outer_before_template = "admin/orders/installmentoffer/notices.html"
    list_before_template = "admin/orders/installmentoffer/notices.html"

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: InstallmentOffer | None = None) -> bool:
        """Let only the current version be changed: the others are history."""
        allowed = bool(super().has_change_permission(request, obj))
        return allowed and (obj is None or obj.is_current)

    def get_readonly_fields(self, request: HttpRequest, obj: InstallmentOffer | None = None) -> list[str]:
        """Keep the code, by which its versions belong together."""
        return ["code"] if obj else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else {"code": ["name"]}

    @display(
        description=_("state"), label={"on": "success", "off": "default", "old": "default", "no": "danger"}
    )
    def state(self, offer: InstallmentOffer) -> tuple[str, str]:
        if not offer.is_current:
            return "old", gettext("an earlier version")
        if any(problem.is_forbidden for problem in problems(offer)):
            return "no", gettext("forbidden")
        return ("on", gettext("offered")) if offer.is_active else ("off", gettext("not offered"))

    @display(description=_("flat annual factor"), ordering="factor")
    def factor_label(self, offer: InstallmentOffer) -> str:
        return fraction(offer.factor)

    @display(description=_("legal rate"))
    def annual_rate(self, offer: InstallmentOffer) -> str:
        """Return the rate that shoppers see of a large price; of a small one rounding may change it a little."""
        country = countries.current()
        shown = offers.computed(offer, _ANY_AMOUNT, settings.SHOP_CURRENCY, timezone.localdate(), country)
        return f"{shown.rate.name} {percent(shown.rate.percent)}" if shown else "—"

    @display(description=_("for purchases"), ordering="min_amount")
    def amounts(self, offer: InstallmentOffer) -> str:
        least, most = money(offer.min_amount), money(offer.max_amount) if offer.max_amount else ""
        if most:
            return gettext("%(least)s to %(most)s") % {"least": least, "most": most}
        return gettext("from %(least)s") % {"least": least} if offer.min_amount else gettext("any")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the notice of the country above the list."""
        return super().changelist_view(request, {**(extra_context or {}), **_notices()})

    def _changeform_view(
        self, request: HttpRequest, object_id: str | None, form_url: str, extra: Any
    ) -> HttpResponse:
        """Lead whoever sends the form of a version that somebody else has replaced meanwhile to the present one."""
        if request.method == "POST" and object_id is not None:
            sent = self.get_object(request, unquote(object_id))
            if sent is not None and not sent.is_current:
                now = InstallmentOffer.objects.get(code=sent.code, is_current=True)
                words = gettext(
                    "Nothing is saved: somebody else has made version %(version)d of this offer. This is it."
                )
                messages.warning(request, words % {"version": now.version})
                return redirect("admin:orders_installmentoffer_change", now.pk)
        return super()._changeform_view(request, object_id, form_url, extra)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add what the offer costs, what the country says of it, and its versions."""
        form = context["adminform"].form
        obj = kwargs.get("obj")
        offer = typed_offer(form.cleaned_data) if form.is_bound else obj
        context |= {**_notices(), **_preview(request, offer), "versions": _versions(obj)}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(
        self,
        request: HttpRequest,
        obj: InstallmentOffer,
        form: forms.ModelForm[InstallmentOffer],
        change: bool,
    ) -> None:
        """Save by `offers.revise`; what belongs to the offer is then saved on the version that it returns."""
        if not change:
            obj.save()
            record(obj, "created", actor=actor(request))
            return
        columns = {field.name for field in InstallmentOffer._meta.concrete_fields}
        changes = {name: form.cleaned_data[name] for name in form.changed_data if name in columns}
        form.instance = offers.revise(obj, changes, actor=actor(request))

    def response_change(self, request: HttpRequest, obj: InstallmentOffer) -> HttpResponse:
        """Go on editing the version that is current now."""
        now = InstallmentOffer.objects.get(code=obj.code, is_current=True)
        if now.pk != obj.pk:
            words = gettext(
                "This is version %(version)d now. Quotes and plans of version %(before)d keep it."
            )
            messages.info(request, words % {"version": now.version, "before": obj.version})
            if "_continue" in request.POST:
                return redirect("admin:orders_installmentoffer_change", now.pk)
        return super().response_change(request, obj)


def _notices() -> dict[str, Any]:
    country = countries.current()
    return {
        "staff_notice": country.credit.staff_notice,
        "financed": money(limits.financed_in_a_year()),
    }


def _preview(request: HttpRequest, offer: InstallmentOffer | None) -> dict[str, Any]:
    form = PreviewForm({"amount": request.POST[PRICE]} if PRICE in request.POST else None)
    amount = _ANY_AMOUNT
    if form.is_bound and form.is_valid():
        amount = form.cleaned_data["amount"]
    form.fields["amount"].initial = amount
    shown = None
    if offer is not None and not (form.is_bound and form.errors):
        try:
            shown = offers.computed(
                offer, amount, settings.SHOP_CURRENCY, timezone.localdate(), countries.current()
            )
        except ValueError:
            shown = None
    return {"preview_form": form, "preview": shown, "preview_amount": amount, "problems": problems(offer)}


def _versions(offer: InstallmentOffer | None) -> list[InstallmentOffer]:
    if offer is None:
        return []
    found = InstallmentOffer.objects.filter(code=offer.code).annotate(plans=Count("quotes__plan"))
    return list(found.order_by("-version"))
