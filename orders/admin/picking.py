"""The pick list: what is to be taken from which bin for which order; printed, and marked as picked, once."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext

from inventory.models import Location
from orders.fulfilment import picking
from orders.models import Order
from shop.core.backoffice.base import BackOfficeAdmin, actor, require
from shop.core.backoffice.verb_forms import VerbForm, run_verb

# As many lines as one walk through a warehouse takes; further ones follow when these are picked.
MOST: Final = 300


class PickingMixin(BackOfficeAdmin[Order]):
    """The pages `admin:orders_order_pick` and `admin:orders_order_pick_print` of the orders' admin."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("pick/", wrap(self.pick_view), name="orders_order_pick"),
            path("pick/paper/", wrap(self.pick_print_view), name="orders_order_pick_print"),
        ]
        return [*own, *super().get_urls()]

    def pick_view(self, request: HttpRequest) -> HttpResponse:
        """List what is to be picked, or what was picked; mark the chosen rows, or take them back."""
        require(request, "orders.view_order")
        place, is_done = _place(request), request.GET.get("show") == "picked"
        if request.method == "POST":
            require(request, "orders.add_orderpick")
            _act(request, is_done=is_done)
            return redirect(_address("admin:orders_order_pick", place, is_done=is_done))
        waiting = [] if is_done else picking.to_pick(location=place)
        picks = list(picking.picked(location=place)[:MOST]) if is_done else []
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": gettext("Pick list"),
            "rows": waiting[:MOST],
            "more": max(len(waiting) - MOST, 0),
            "picks": picks,
            "is_done": is_done,
            "units": sum(one.units for one in waiting[:MOST]),
            "place": place,
            "places": Location.objects.all(),
            "form": VerbForm(),
            "may_pick": request.user.has_perm("orders.add_orderpick"),
            "paper": _address("admin:orders_order_pick_print", place),
            "waiting_url": _address("admin:orders_order_pick", place),
            "picked_url": _address("admin:orders_order_pick", place, is_done=True),
        }
        return TemplateResponse(request, "admin/orders/order/pick.html", context)

    def pick_print_view(self, request: HttpRequest) -> HttpResponse:
        """Print the rows of the list, with an empty box beside each."""
        require(request, "orders.view_order")
        place = _place(request)
        rows = picking.to_pick(location=place)
        context = {
            "rows": rows[:MOST],
            "more": max(len(rows) - MOST, 0),
            "place": place,
            "back": _address("admin:orders_order_pick", place),
        }
        return TemplateResponse(request, "admin/orders/order/pick_paper.html", context)


def _place(request: HttpRequest) -> Location | None:
    wanted = request.GET.get("location", "")
    return next((place for place in Location.objects.all() if str(place.pk) == wanted), None)


def _address(name: str, place: Location | None, *, is_done: bool = False) -> str:
    query = {"location": str(place.pk)} if place else {}
    query |= {"show": "picked"} if is_done else {}
    return reverse(name) + (f"?{urlencode(query)}" if query else "")


def _act(request: HttpRequest, *, is_done: bool) -> None:
    """Mark or take back the chosen rows, once per form, and show the result."""
    form, rows = VerbForm(request.POST), request.POST.getlist("row")[:MOST]
    if not form.is_valid():
        messages.error(request, gettext("This page was open for too long: look again."))
    elif not rows:
        messages.warning(request, gettext("Choose at least one line."))
    else:
        verb = _undo if is_done else _mark
        run_verb(request, form=form, scope="order-pick", verb=lambda data: verb(request, rows), refusals={})


def _mark(request: HttpRequest, rows: list[str]) -> None:
    picks, missed = picking.mark(rows, actor=actor(request))
    if picks:
        units = sum(pick.quantity for pick in picks)
        words = ngettext("%d unit is marked as picked.", "%d units are marked as picked.", units)
        messages.success(request, words % units)
    if missed:
        words = ngettext(
            "%d line had changed meanwhile (picked by a colleague, refunded or held) and was not marked: look at the "
            "list again.",
            "%d lines had changed meanwhile (picked by a colleague, refunded or held) and were not marked: look at the "
            "list again.",
            missed,
        )
        messages.warning(request, words % missed)


def _undo(request: HttpRequest, rows: list[str]) -> None:
    number = picking.undo([key for one in rows if (key := _key(one))], actor=actor(request))
    words = ngettext("%d line is to be picked again.", "%d lines are to be picked again.", number)
    messages.success(request, words % number)


def _key(text: str) -> Any:
    try:
        return forms.UUIDField().clean(text)
    except forms.ValidationError:
        return None
