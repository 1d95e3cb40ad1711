"""The queues: what waits, since when, and one act on many of it."""

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext

from inventory.models import Location
from orders.admin.fulfilment import acts, buying, papers
from orders.fulfilment import bulk, queues, tracking_numbers
from orders.models import Order, Shipment, ShippingMethod
from shop.core.backoffice.base import actor, require
from shop.core.backoffice.verb_forms import AnyAdmin, VerbForm
from shop.core.spreadsheets import sheets

# As many rows as one sitting takes; further ones follow when these are done.
MOST: Final = 200
# An order's number, or a shipment's; scanners set to another keyboard type another sign for the dash.
_NUMBER: Final = re.compile(r"^#?(\d{1,18})(?:\D(\d{1,4}))?$", re.ASCII)
# Names the shipment that was just packed in the address of the next page.
PACKED: Final = "packed"
# Bulk acts, and the permission each needs.
_ACTS: Final = {
    "prepare": "orders.add_shipment",
    "pack": "orders.change_shipment",
    "numbers": "orders.change_shipment",
    "ship": "orders.change_shipment",
    "deliver": "orders.change_shipment",
    "labels": "orders.change_shipment",
    "buy": "orders.change_shipment",
    "papers": "orders.view_shipment",
    "print": "orders.view_shipment",
}


def address(code: str = "", **query: str) -> str:
    """Return the address of a queue's page."""
    named = {"queue": code, **query} if code else query
    return reverse("admin:orders_shipment_queues") + (f"?{urlencode(named)}" if named else "")


def just_packed(request: HttpRequest) -> Shipment | None:
    """Return the shipment that was packed before the clerk came to this page, if the address names one."""
    keys = _one_key(request.GET.get(PACKED))
    found = Shipment.objects.filter(pk__in=keys, packed_at__isnull=False).select_related("order")
    return found.first() if keys else None


def queues_page(model_admin: AnyAdmin, request: HttpRequest) -> HttpResponse:
    """List what waits in a queue; do one act on the chosen rows (POST)."""
    require(request, "orders.view_shipment")
    queue = queues.BY_CODE.get(request.GET.get("queue", ""), queues.QUEUES[0])
    if request.method == "POST":
        return _act(model_admin, request, queue)
    if wanted := request.GET.get("find", "").strip():
        return _open(request, wanted)
    is_first = queue is queues.QUEUES[0]
    unprepared = queues.unprepared()
    rows = _rows(request, queue)
    orders = list(_to_prepare()[: MOST + 1]) if is_first else []
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.model._meta,
        "title": gettext("Shipments"),
        "queue": queue,
        "waiting": _with_unprepared(queues.waiting(), unprepared),
        "rows": rows[:MOST],
        "orders": orders[:MOST],
        "has_more": len(rows) > MOST or len(orders) > MOST,
        "most": MOST,
        "form": VerbForm(),
        "places": list(Location.objects.all()) if is_first else [],
        "pickup": ShippingMethod.Kind.PICKUP,
        "just_packed": just_packed(request),
        "batch": request.GET.get("batch", ""),
        "buys_labels": bool(settings.SHIPPING_CARRIERS),
        "may_prepare": request.user.has_perm("orders.add_shipment"),
        "may_change": request.user.has_perm("orders.change_shipment"),
    }
    return TemplateResponse(request, "admin/orders/shipment/queues.html", context)


def _rows(request: HttpRequest, queue: queues.Queue) -> list[Any]:
    """Return the rows of a queue with the state of their labels; those that need attention with what may be done."""
    rows = list(queues.shipments(queue)[: MOST + 1])
    if queue.code != "on_the_way":
        acts.read_labels(rows)
    if queue.code == "exception" and request.user.has_perm("orders.change_shipment"):
        for row in rows:
            row.acts = acts.on_attention(row)
    return rows


def _to_prepare() -> Any:
    orders: Any = queues.to_prepare()
    return orders.annotate(units=Sum("lines__quantity", filter=Q(lines__replaces=None)))


def _with_unprepared(found: list[queues.Waiting], unprepared: queues.Waiting) -> list[queues.Waiting]:
    """Count the orders of which nothing is prepared yet among those to pack."""
    first, *rest = found
    oldest = min((at for at in (first.oldest, unprepared.oldest) if at), default=None)
    return [queues.Waiting(first.queue, first.number + unprepared.number, oldest), *rest]


def _open(request: HttpRequest, wanted: str) -> HttpResponse:
    """Go to the packing page of a shipment, or to the page of an order, by its scanned or typed number."""
    if match := _NUMBER.match(wanted):
        order = Order.objects.filter(number=int(match[1])).first()
        shown = Shipment.objects.filter(order__number=int(match[1])).order_by("ordinal")
        if match[2]:
            shown = shown.filter(ordinal=int(match[2]))
        pending = shown.filter(status=Shipment.Status.PENDING, packed_at=None).first()
        if pending is not None:
            return redirect("admin:orders_shipment_pack", pending.pk)
        if order is not None:
            return redirect("admin:orders_order_change", order.pk)
    messages.error(request, gettext("There is no order or shipment %(number)s.") % {"number": wanted[:40]})
    return redirect(address())


def _keys(request: HttpRequest) -> list[UUID]:
    found = []
    for text in request.POST.getlist("row")[: bulk.MOST]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _act(model_admin: AnyAdmin, request: HttpRequest, queue: queues.Queue) -> HttpResponse:
    act = request.POST.get("act", "")
    back = redirect(address(queue.code))
    if act not in _ACTS:
        return back
    require(request, _ACTS[act])
    keys, numbers = _keys(request), _numbers(request)
    if not keys and not (act == "numbers" and numbers):
        messages.warning(request, gettext("Choose at least one row."))
        return back
    if act in {"labels", "papers", "print"}:
        return papers.hand_out(request, act, keys)
    if act == "prepare":
        form = VerbForm(request.POST)
        if not form.is_valid():
            messages.error(request, gettext("This page was open for too long: look again."))
            return back
        place = Location.objects.filter(pk__in=_one_key(request.POST.get("location"))).first()
        outcome = bulk.prepare(keys, form=form.cleaned_data["token"], location=place, actor=actor(request))
        _say(request, outcome)
        return redirect(address(queue.code, batch=form.cleaned_data["token"][:64]))
    by = actor(request)
    if act == "buy" and "confirm" not in request.POST:
        return buying.confirm_page(model_admin, request, keys, back=address(queue.code))
    if act == "buy":
        _say_asked(request, bulk.queue_labels(keys, actor=by))
        return back
    outcome = {
        "pack": lambda: bulk.pack(keys, actor=by),
        "ship": lambda: bulk.ship(keys, numbers=numbers, actor=by),
        "deliver": lambda: bulk.deliver(keys, actor=by),
        "numbers": lambda: bulk.note_numbers(numbers, actor=by),
    }[act]()
    _say(request, outcome)
    return back


def _one_key(text: str | None) -> list[UUID]:
    try:
        return [UUID(text)] if text else []
    except ValueError:
        return []


def _numbers(request: HttpRequest) -> Mapping[UUID, str]:
    """Return the tracking numbers of the grid, of what was pasted, and of the file; unknown rows are said."""
    found: dict[UUID, str] = {}
    for name, text in request.POST.items():
        if name.startswith("number-") and str(text).strip():
            found |= dict.fromkeys(_one_key(name.removeprefix("number-")), str(text).strip())
    given = [tracking_numbers.pasted(request.POST.get("pasted", ""))]
    file = request.FILES.get("file")
    if file is not None:
        try:
            given.append(tracking_numbers.from_file(file.read(), file.name or ""))
        except sheets.Unreadable as error:
            messages.error(request, str(error))
    for one in given:
        found |= one.numbers
        for row in one.unknown[:20]:
            messages.warning(
                request, gettext("“%(row)s” names no shipment that waits for a number.") % {"row": row}
            )
    return found


def _say_asked(request: HttpRequest, outcome: bulk.Outcome) -> None:
    """Say of how many a label was asked for: none is there yet when the page comes back."""
    if number := len(outcome.done):
        words = ngettext(
            "The label of %d shipment is being bought; its row says how far it is.",
            "The labels of %d shipments are being bought; their rows say how far they are.",
            number,
        )
        messages.success(request, words % number)
    _say_rest(request, outcome)


def _say(request: HttpRequest, outcome: bulk.Outcome) -> None:
    """Say how many were done, and of each that refused why."""
    if outcome.done:
        number = len(outcome.done)
        words = ngettext("Done for %d shipment.", "Done for %d shipments.", number) % number
        messages.success(request, words)
    _say_rest(request, outcome)


def _say_rest(request: HttpRequest, outcome: bulk.Outcome) -> None:
    if outcome.unchanged:
        number = len(outcome.unchanged)
        messages.info(
            request,
            ngettext("%d was so already.", "%d were so already.", number) % number,
        )
    for number_text, why in outcome.refused:
        messages.error(request, f"{number_text}: {why}")
