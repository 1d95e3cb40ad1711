"""The page on which a part of an order, or all that is left of it, becomes a shipment."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from inventory.models import Location
from orders.fulfilment import remaining, shipments
from orders.fulfilment.refusals import REFUSALS, words
from orders.models import Order, OrderLine, Shipment, ShippingMethod
from shop.core.backoffice.act_fingerprint import ShownRows
from shop.core.backoffice.base import BackOfficeAdmin, actor, require, row
from shop.core.backoffice.verb_forms import VerbForm, done, form_page, run_verb
from shop.core.user_input.fields import WholeField


class PrepareForm(VerbForm):
    """How many units of each line go, and how: all that is left by the way the buyer chose, if nothing is changed."""

    method = forms.ModelChoiceField(
        ShippingMethod.objects.all(),
        label=_("shipping method"),
        required=False,
        empty_label=_("as the buyer chose"),
    )
    location = forms.ModelChoiceField(
        Location.objects.all(), label=_("packed at"), required=False, empty_label="—"
    )

    def __init__(self, *args: Any, lines: list[OrderLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            field = WholeField(min_value=0, max_value=line.left, initial=line.left, required=False)
            field.label = f"{line.sku} · {line.name}"
            field.help_text = gettext("%(left)s left to send") % {"left": line.left}
            self.fields[f"units_{line.pk.hex}"] = field

    def units(self) -> dict[UUID, int]:
        """Return how many units of each line were chosen."""
        return {line.pk: self.cleaned_data.get(f"units_{line.pk.hex}") or 0 for line in self.lines}


def _shown_rows(order: Order) -> ShownRows:
    """Return the `ShownRows` of what is left of an order. It locks the order, as preparing does."""

    def shown_rows(is_acting: bool) -> dict[str, object]:
        if is_acting:
            Order.objects.select_for_update().get(pk=order.pk)
        return {
            str(line.pk): [line.left]
            for line in remaining.lines().filter(order=order, left__gt=0).order_by("pk")
        }

    return shown_rows


class PrepareMixin(BackOfficeAdmin[Order]):
    """The page `admin:orders_order_prepare` of the orders' admin."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.prepare_view)
        return [path("<uuid:key>/prepare/", view, name="orders_order_prepare"), *super().get_urls()]

    def prepare_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Ask which units go together and how, then make the shipment once."""
        require(request, "orders.view_order", "orders.add_shipment")
        order = row(Order.objects.all(), key)
        lines = list(remaining.lines().filter(order=order, left__gt=0))
        form = PrepareForm(request.POST or None, lines=lines)
        form.compare(f"order-prepare:{order.pk}", _shown_rows(order))
        back = reverse("admin:orders_order_change", args=[order.pk])
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="order-prepare",
                refusals=dict.fromkeys(REFUSALS, lambda error: (None, words(error))),
                verb=lambda data: self._prepare(order, form, actor(request)),
            )
        ):
            return done(request, gettext("It is to be packed."), back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Prepare a shipment"),
            subtitle=f"{order} · {order.full_name}",
            button=gettext("Prepare"),
            back=back,
            lead=gettext("What you leave out is to be sent later, in another shipment."),
        )

    @staticmethod
    def _prepare(order: Order, form: PrepareForm, by: str) -> Shipment:
        return shipments.prepare(
            order,
            key=f"staff:{form.cleaned_data['token']}",
            units={key: units for key, units in form.units().items() if units},
            method=form.cleaned_data["method"],
            location=form.cleaned_data["location"],
            actor=by,
        )
