"""The list of what to buy: filtered, as a page, on paper or as a file, and turned into drafts of purchase orders."""

from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Supplier
from inventory import purchasing
from inventory.admin.exchange.export_jobs import hand_out
from inventory.exchange import exports
from inventory.models import ExportJob, Location
from inventory.purchasing import replenishment
from inventory.purchasing.replenishment import Need, SupplierNeeds
from shop.core.backoffice import form_fingerprint
from shop.core.backoffice.base import actor, require
from shop.core.backoffice.verb_forms import AnyAdmin, VerbForm, done, run_verb
from shop.core.user_input.fields import WholeField

UNITS = WholeField(min_value=0, max_value=1_000_000, required=False)
# A page with a field for each of thousands of rows weighs megabytes; print and file have them all.
PER_PAGE = 300
_LIST = "replenish"  # What the list's fingerprints are signed for.


class ChoiceForm(forms.Form):
    """Which part of the list."""

    location = forms.ModelChoiceField(
        label=_("location"), queryset=Location.objects.all(), required=False, empty_label=_("all locations")
    )
    supplier = forms.ModelChoiceField(
        label=_("supplier"), queryset=Supplier.objects.all(), required=False, empty_label=_("all suppliers")
    )
    only = forms.ChoiceField(
        label=_("which"),
        required=False,
        choices=[("", _("below the optimum")), ("minimum", _("at or below the minimum"))],
    )


class DraftForm(VerbForm):
    """The quantities arrive as `units-<level>`."""


def replenish_view(model_admin: AnyAdmin, request: HttpRequest) -> HttpResponse:
    """Show the list; POST drafts purchase orders of the quantities sent. `?as=csv` is the list as a file."""
    if request.GET.get("as") == "csv":
        return replenish_file(request)
    choice = ChoiceForm(request.GET)
    chosen = choice.cleaned_data if choice.is_valid() else {}
    form = DraftForm(request.POST or None)
    changed: list[UUID] = []
    if request.method == "POST" and form.is_valid() and _draft(request, form, changed):
        return done(
            request,
            gettext("The drafts are made. Look at each and order it."),
            reverse("admin:inventory_purchaseorder_changelist") + "?status__exact=draft",
        )
    location, supplier = chosen.get("location"), chosen.get("supplier")
    found = replenishment.needs(
        location_id=location.pk if location else None,
        supplier_id=supplier.pk if supplier else None,
        below_minimum=chosen.get("only") == "minimum",
    )
    for_print = request.GET.get("as") == "paper"
    page = Paginator(found, max(1, len(found)) if for_print else PER_PAGE).get_page(request.GET.get("page"))
    groups = replenishment.by_supplier(page)
    supplied = [(group, _rows(request, group, changed), _basis(request, group, changed)) for group in groups]
    without_page = request.GET.copy()
    without_page.pop("page", None)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": gettext("What to buy"),
        "choice": choice,
        "form": form,
        "groups": groups,
        "supplied": supplied,
        "units": sum(group.units for group in groups),
        "opts": model_admin.model._meta,
        "may_draft": request.user.has_perm("inventory.add_purchaseorder"),
        "query": request.GET.urlencode(),
        "back": reverse("admin:inventory_purchaseorder_changelist"),
        "chosen": list(request.GET.items()),
        "page": page,
        "extra": without_page.urlencode(),
        "export_formats": list(exports.FORMATS.items()),
    }
    template = (
        "admin/inventory/purchaseorder/replenish_paper.html"
        if for_print
        else ("admin/inventory/purchaseorder/replenish.html")
    )
    return TemplateResponse(request, template, context, status=422 if form.errors else 200)


def _draft(request: HttpRequest, form: DraftForm, changed: list[UUID]) -> bool:
    require(request, "inventory.add_purchaseorder")
    quantities: dict[UUID, int] = {}
    for name, text in request.POST.dict().items():
        if name.startswith("units-") and text.strip():
            try:
                quantities[UUID(name.removeprefix("units-"))] = UNITS.clean(text) or 0
            except (ValueError, ValidationError):
                form.add_error(None, gettext("%s is not a number of units.") % text)
                return False
    basis = form_fingerprint.read(request.POST.get(form_fingerprint.FIELD), _LIST)

    def refused(error: replenishment.Changed) -> tuple[None, str]:
        changed.extend(error.level_ids)
        return None, _changed_in_words(error)

    return run_verb(
        request,
        form=form,
        scope="replenish",
        verb=lambda _data: replenishment.draft_orders(
            quantities=quantities, shown=basis, actor=actor(request)
        ),
        refusals={
            replenishment.Changed: refused,
            purchasing.NothingInIt: lambda _error: (
                None,
                gettext("Nothing is left to order of what you chose."),
            ),
            replenishment.NoSupplier: lambda error: (
                None,
                ngettext("This has no supplier: %s", "These have no supplier: %s", len(error.skus))
                % ", ".join(error.skus[:8]),
            ),
        },
    )


def _rows(request: HttpRequest, group: SupplierNeeds, changed: list[UUID]) -> list[tuple[Need, str, str]]:
    """Return each need with its field's value, and what was typed before others changed its figures."""
    rows = []
    for need in group.needs:
        typed, suggested = request.POST.get(f"units-{need.level_id}"), str(need.suggested or "")
        if typed is None or need.level_id in changed:
            rows.append((need, suggested, typed or ""))
        else:
            rows.append((need, typed, ""))
    return rows


def _basis(request: HttpRequest, group: SupplierNeeds, changed: list[UUID]) -> str:
    """Return, signed, the figures on which a supplier's quantities are decided, as the page shows them.

    A form shown again for another reason is still compared with what it showed first.
    """
    before = {} if changed else form_fingerprint.read(request.POST.get(form_fingerprint.FIELD), _LIST)
    now = {str(need.level_id): need.basis for need in group.needs}
    return form_fingerprint.sign({key: before.get(key, basis) for key, basis in now.items()}, _LIST)


def _changed_in_words(error: replenishment.Changed) -> str:
    names = list(dict.fromkeys(error.skus))
    skus = ", ".join(names[:8]) + (" (…)" if len(names) > 8 else "")
    words = gettext(
        "Nothing is drafted yet: since you opened the list somebody has ordered, drafted or changed something of %s. "
        "The list shows it as it is now; look at it and draft again."
    )
    return words % skus


def replenish_file(request: HttpRequest) -> HttpResponse:
    """Return the list as a file, or have a worker make it."""
    asked = request.POST if request.method == "POST" else request.GET
    choice = ChoiceForm(asked)
    chosen = choice.cleaned_data if choice.is_valid() else {}
    found = [(name, chosen[name]) for name in ("location", "supplier") if chosen.get(name)]
    filters = {name: str(one.pk) for name, one in found}
    words = [str(one) for _name, one in found]
    if chosen.get("only") == "minimum":
        filters["only"] = "minimum"
        words.append(gettext("at or below the minimum"))
    return hand_out(
        request,
        contents=ExportJob.Contents.REPLENISH,
        filters=filters,
        about=" · ".join(words),
        form=asked["format"] if asked.get("format") in exports.FORMATS else ExportJob.Form.CSV,
        back=reverse("admin:inventory_purchaseorder_replenish"),
    )
