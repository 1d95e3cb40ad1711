"""The pages on which a return is received by scan, inspected, and decided about."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from inventory import codes
from orders.admin.goods_returns import acts, forms
from orders.admin.quoted_forms import quote_then_do
from orders.models import Inspection, OrderLine, Return, ReturnLine
from orders.returns import deciding, inspecting, next_steps, receiving, units
from orders.returns.refusals import REFUSALS, words
from orders.returns.rows import locked
from shop.core.backoffice.act_fingerprint import ShownRows, columns
from shop.core.backoffice.base import actor, require, row
from shop.core.backoffice.verb_forms import AnyAdmin, VerbForm, done, form_page, run_verb
from shop.core.codes import fold

_REFUSED: Any = dict.fromkeys(REFUSALS, lambda error: (None, words(error)))


def _back(rma: Return) -> str:
    return reverse("admin:orders_return_change", args=[rma.pk])


# -- Receive ----------------------------------------------------------------------------------------------------------
def receive_page(model_admin: AnyAdmin, request: HttpRequest, rma: Return) -> HttpResponse:
    """Count a parcel: by scanning each unit (Enter adds it), or by typing; then write it once."""
    require(request, "orders.view_return", acts.RECEIVE)
    parcel = _number(request.POST.get("parcel")) or rma.receipts.count() + 1
    announced = {one.order_line_id: one.quantity for one in rma.lines.all()}
    lines = [(line, announced.get(line.pk, 0)) for line in OrderLine.everything.filter(order=rma.order)]
    lines.sort(key=lambda pair: -pair[1])
    scanned = request.POST.get("scan", "").strip()
    if request.method == "POST" and "done" not in request.POST:
        return _count(model_admin, request, rma, lines, parcel, scanned)
    form = forms.ReceiveForm(request.POST or None, rma=rma, sent=lines)
    if request.method == "POST" and form.is_valid():
        found: list[tuple[Any, bool]] = []
        finished = run_verb(
            request,
            form=form,
            scope="return-receive",
            refusals=_REFUSED,
            verb=lambda data: found.append(
                receiving.receive(
                    rma,
                    form.counted(),
                    parcel=parcel,
                    wrong_items=data["wrong_items"],
                    wrong_units=data["wrong_units"] or 0,
                    note=data["note"],
                    actor=actor(request),
                )
            ),
        )
        if finished:
            if found and not found[0][1]:
                by = found[0][0].received_by.removeprefix("staff:")
                messages.info(
                    request,
                    _("Parcel %(number)s was received already, by %(who)s.") % {"number": parcel, "who": by},
                )
            received = pgettext("return of goods", "received")
            return done(request, f"{rma.number}: {received}", _back(rma))
    return _receive_form(model_admin, request, rma, form, parcel)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 4 else 0


def _count(
    model_admin: AnyAdmin,
    request: HttpRequest,
    rma: Return,
    lines: list[tuple[OrderLine, int]],
    parcel: int,
    scanned: str,
) -> HttpResponse:
    """Show the form again with one unit more of what was scanned, or all as announced."""
    data = request.POST.copy()
    said, is_wrong = "", False
    if "all" in data:
        for line, announced in lines:
            data[f"units_{line.pk.hex}"] = str(announced)
    elif scanned:
        hit = _line_of([line for line, _announced in lines], scanned)
        if hit is None:
            said, is_wrong = (
                _("Not of this order: %(code)s. Count it as a wrong item.") % {"code": scanned},
                True,
            )
        else:
            field = f"units_{hit.pk.hex}"
            data[field] = str(_number(data.get(field)) + 1)
            said = f"{data[field]} × {hit.name} · {hit.sku}"
    form = forms.ReceiveForm(initial={name: data.get(name) for name in data}, rma=rma, sent=lines)
    return _receive_form(model_admin, request, rma, form, parcel, said=said, is_wrong=is_wrong)


def _line_of(lines: list[OrderLine], code: str) -> OrderLine | None:
    for line in lines:
        if fold(line.sku) == fold(code):
            return line
    found = codes.variants_of([code])[code]
    return next((line for line in lines if line.variant_id in found), None)


def _receive_form(
    model_admin: AnyAdmin,
    request: HttpRequest,
    rma: Return,
    form: forms.ReceiveForm,
    parcel: int,
    *,
    said: str = "",
    is_wrong: bool = False,
) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.model._meta,
        "title": _("Receive the parcel"),
        "rma": rma,
        "form": form,
        "parcel": parcel,
        "said": said,
        "is_wrong": is_wrong,
        "back": _back(rma),
    }
    status = 422 if form.is_bound and form.errors else 200
    return TemplateResponse(request, "admin/orders/return/receive.html", context, status=status)


# -- Inspect ----------------------------------------------------------------------------------------------------------
def inspect_page(model_admin: AnyAdmin, request: HttpRequest, rma: Return, key: UUID) -> HttpResponse:
    """Write how units of a line were found, and where they go."""
    require(request, "orders.view_return", acts.INSPECT)
    line = row(units.lines().filter(rma=rma).select_related("order_line"), key)
    left = line.received - line.inspected
    form = forms.InspectForm(request.POST or None, initial={"units": left, "found": line.reason_id})
    if (
        request.method == "POST"
        and form.is_valid()
        and run_verb(
            request,
            form=form,
            scope="return-inspect",
            refusals=_REFUSED,
            verb=lambda data: inspecting.inspect(
                rma, [form.found_of(line, data)], key=_token(form), actor=actor(request)
            ),
        )
    ):
        return done(request, f"{line.order_line.sku}: {_('inspected')}", _back(rma))
    return form_page(
        request,
        model_admin,
        form,
        title=_("How was it found?"),
        subtitle=f"{rma.number} · {line.order_line.name} · {line.order_line.sku}",
        button=_("Inspected"),
        back=_back(rma),
        lead=_("%(number)s units are to be inspected.") % {"number": left},
    )


def _token(form: VerbForm) -> str:
    return f"form:{form.cleaned_data['token']}"


def change_page(model_admin: AnyAdmin, request: HttpRequest, rma: Return, key: UUID) -> HttpResponse:
    """Change what became of inspected units."""
    require(request, "orders.view_return", acts.INSPECT)
    inspection = row(
        Inspection.objects.filter(line__rma=rma).select_related("line__order_line", "line__rma"), key
    )
    if inspection.disposition == Inspection.Disposition.SEND_BACK:
        raise Http404
    initial = {"units": inspection.quantity, "disposition": inspection.disposition}
    form = forms.ChangeForm(request.POST or None, initial=initial)
    form.compare(f"return-change:{inspection.pk}", _shown_rows(inspection, rma))
    if (
        request.method == "POST"
        and form.is_valid()
        and run_verb(
            request,
            form=form,
            scope="return-change",
            refusals=_REFUSED,
            verb=lambda data: inspecting.change(inspection, key=_token(form), actor=actor(request), **data),
        )
    ):
        return done(request, f"{inspection.line.order_line.sku}: {_('inspected')}", _back(rma))
    return form_page(
        request,
        model_admin,
        form,
        title=_("What becomes of it?"),
        subtitle=f"{rma.number} · {inspection}",
        button=_("Change"),
        back=_back(rma),
        lead=_("Now: %(state)s. It is changed by a movement of the stock.")
        % {"state": inspection.get_disposition_display()},
    )


def _shown_rows(inspection: Inspection, rma: Return) -> ShownRows:
    """Return the `ShownRows` of inspected units. It locks the return, as changing them does."""
    return columns(
        Inspection.objects.filter(pk=inspection.pk),
        "quantity",
        "disposition",
        "location_id",
        "note",
        lock=lambda _keys: locked(rma),
    )


# -- Decide -----------------------------------------------------------------------------------------------------------
def decide_page(model_admin: AnyAdmin, request: HttpRequest, rma: Return) -> HttpResponse:
    """Choose for which units money goes back, see what it comes to, then decide exactly that."""
    require(request, "orders.view_return", acts.DECIDE)
    open_units = deciding.open_units(rma)
    rows: list[tuple[ReturnLine, int]] = [
        (line, open_units[line.pk]) for line in rma.lines.select_related("order_line") if open_units[line.pk]
    ]
    form = forms.DecideForm(request.POST or None, rows=rows)
    quote, finished = quote_then_do(
        request,
        form,
        scope="return-decide",
        refusals=_REFUSED,
        quote=lambda: deciding.quote(rma, form.choice()),
        verb=lambda data, seen: deciding.decide(
            rma, form.choice(), key=_token(form), actor=actor(request), expected=seen
        ),
    )
    if finished:
        return done(request, f"{rma.number}: {_('decided')}", _back(rma))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.model._meta,
        "title": _("What goes back?"),
        "subtitle": f"{rma.number} · {rma.order.full_name}",
        "rma": rma,
        "undecidable": "" if rows else next_steps.when_nothing_is_to_decide(rma),
        "exchanges": [] if rows else list(rma.exchanges.select_related("order").order_by("ordinal")),
        "form": form,
        "quote": quote,
        "back": _back(rma),
    }
    status = 422 if form.is_bound and form.errors else 200
    return TemplateResponse(request, "admin/orders/return/decide.html", context, status=status)
