"""The packing page: each scan counts one unit, a wrong item is refused, and the next order opens by itself."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext

from orders.admin.fulfilment.queue_pages import PACKED, address, just_packed
from orders.fulfilment import documents, holds, packing
from orders.fulfilment.refusals import REFUSALS, words
from orders.models import Shipment
from shop.core.backoffice.base import actor, require
from shop.core.backoffice.verb_forms import AnyAdmin
from shop.core.idempotency import once
from shop.core.ids import token


def packing_page(model_admin: AnyAdmin, request: HttpRequest, shipment: Shipment) -> HttpResponse:
    """Show what goes into the parcel; count a scanned unit (POST)."""
    require(request, "orders.view_shipment")
    if request.method == "POST":
        require(request, "orders.change_shipment")
        return _scan(request, shipment)
    lines = packing.lines_of(shipment)
    kept = holds.holds_of(shipment.order)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.model._meta,
        "title": gettext("Pack %(number)s") % {"number": shipment.number},
        "shipment": shipment,
        "lines": lines,
        "missing": sum(line.missing for line in lines),
        "units": sum(line.quantity for line in lines),
        "recipient": documents.recipient(shipment),
        "holds": kept,
        "key": token(),
        "may_pack": request.user.has_perm("orders.change_shipment")
        and shipment.status == Shipment.Status.PENDING
        and shipment.packed_at is None
        and not kept,
        "queues_url": address(),
        "just_packed": just_packed(request),
    }
    return TemplateResponse(request, "admin/orders/shipment/packing.html", context)


def _scan(request: HttpRequest, shipment: Shipment) -> HttpResponse:
    """Count one scan, once per key; answer the page's script, or lead back to the page."""
    code, key = request.POST.get("code", "").strip(), request.POST.get("key", "")[:64]
    here = redirect("admin:orders_shipment_pack", shipment.pk)
    answer: dict[str, Any]
    try:
        scanned, _is_fresh = once(
            f"pack:{shipment.pk}", key, lambda: packing.scan(shipment, code, actor=actor(request))
        )
    except REFUSALS as error:
        answer = {"ok": False, "words": words(error)}
        if _wants_json(request):
            return JsonResponse(answer)
        messages.error(request, answer["words"])
        return here
    shipment.refresh_from_db()
    next_url = _next_url(shipment) if shipment.packed_at else ""
    if _wants_json(request):
        line = scanned.line if scanned else None
        return JsonResponse(
            {
                "ok": True,
                "line": str(line.pk) if line else "",
                "packed": line.packed if line else None,
                "words": f"{line.order_line.sku} · {line.order_line.name}" if line else code,
                "next": next_url,
            }
        )
    return redirect(next_url) if next_url else here


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _next_url(shipment: Shipment) -> str:
    """Return the page of the next shipment to be packed, or the queue when none waits; it names the one just packed."""
    following = packing.next_to_pack(but=shipment)
    if following is None:
        return address("packed", **{PACKED: str(shipment.pk)})
    page = reverse("admin:orders_shipment_pack", args=[following.pk])
    return f"{page}?{urlencode({PACKED: str(shipment.pk)})}"
