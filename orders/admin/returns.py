"""Putting units of an order back in stock, in the back office: chosen by line, booked once."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from inventory.ledger import MoreThanSold
from inventory.models import Location
from orders.admin.order_acts import Act, Rank, contribute, page_of
from orders.fulfilment import remaining
from orders.models import Order, OrderLine
from orders.returns import restocking
from orders.returns.restocking import UnitsBack
from shop.core.backoffice.act_fingerprint import ShownRows, columns
from shop.core.backoffice.base import BackOfficeAdmin, actor, require, row
from shop.core.backoffice.verb_forms import VerbForm, done, run_verb
from shop.core.user_input.fields import WholeField

contribute(
    Act(
        code="put-back",
        label=_("Put units back in stock"),
        rank=Rank.PUT_BACK,
        permissions=("inventory.add_stockmovement",),
        # What has left comes back by a return, what has not by a cancellation: here what else still counts as sold.
        makes_sense=lambda facts: facts.order.is_off and bool(facts.sold),
        address=page_of("put_back"),
    )
)


class PutBackForm(VerbForm):
    """How many units of each line are back in stock, and where."""

    note = forms.CharField(label=_("why"), max_length=200)

    def __init__(
        self, *args: Any, lines: Iterable[OrderLine], origins: dict[UUID, UUID], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [line for line in lines if line.variant_id]
        places = list(Location.objects.all())
        for line in self.lines:
            most = line.quantity - line.restocked
            self.fields[f"units_{line.pk.hex}"] = WholeField(
                min_value=0, max_value=max(most, 0), required=False, label=line.sku, initial=most
            )
            self.fields[f"place_{line.pk.hex}"] = place_field(places, origins.get(line.variant_id or line.pk))

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the lines with their bound fields."""
        return [
            {"line": line, "units": self[f"units_{line.pk.hex}"], "place": self[f"place_{line.pk.hex}"]}
            for line in self.lines
        ]

    def chosen(self) -> list[UnitsBack]:
        data = self.cleaned_data
        return [
            UnitsBack(line, UUID(data[f"place_{line.pk.hex}"]), units)
            for line in self.lines
            if (units := data.get(f"units_{line.pk.hex}"))
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse a form that chooses nothing."""
        data = super().clean() or self.cleaned_data
        if not self.errors and not any(data.get(f"units_{line.pk.hex}") for line in self.lines):
            raise forms.ValidationError(gettext("Choose at least one unit."))
        return data


def place_field(
    places: Iterable[Location], initial: UUID | None, *, none: str = "", required: bool = True
) -> forms.ChoiceField:
    """Return a choice of locations; with `none` also an empty choice with that label."""
    choices = [("", none)] if none else []
    field = forms.ChoiceField(
        choices=[*choices, *((str(place.pk), str(place)) for place in places)],
        required=required,
        initial=str(initial or ""),
        widget=forms.Select(attrs={"class": "bo-select"}),
    )
    field.label = gettext("Location")
    return field


class PutBackMixin(BackOfficeAdmin[Order]):
    """The page `admin:orders_order_put_back` of the orders' admin."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.put_back_view)
        return [path("<uuid:key>/put-back/", view, name="orders_order_put_back"), *super().get_urls()]

    def put_back_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Ask which units are back in stock, then book them."""
        require(request, "orders.view_order", "inventory.add_stockmovement")
        order = row(Order.objects.all(), key)
        lines = list(remaining.lines().filter(order=order))
        form = PutBackForm(request.POST or None, lines=lines, origins=restocking.origins(order))
        form.compare(f"order-put-back:{order.pk}", _shown_rows(order), now=lambda: _back_in_stock(order))
        back = reverse("admin:orders_order_change", args=[order.pk])
        refusals: dict[type[Exception], Any] = {MoreThanSold: lambda error: (None, more_than_sold(error))}
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="order-put-back",
                refusals=refusals,
                verb=lambda data: restocking.put_back(
                    order, form.chosen(), note=data["note"], actor=actor(request)
                ),
            )
        ):
            return done(request, gettext("The units are back in stock."), back)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "order": order,
            "title": gettext("Put units back in stock"),
            "form": form,
            "back": back,
        }
        status = 422 if form.is_bound and form.errors else 200
        return TemplateResponse(request, "admin/orders/order/put_back.html", context, status=status)


def _shown_rows(order: Order) -> ShownRows:
    """Return a function that reads how many units of each line are back in stock. It locks the order."""
    of_order = columns(Order.objects.filter(pk=order.pk))

    def shown_rows(is_acting: bool) -> Mapping[str, object]:
        of_order(is_acting)
        return {
            str(line.pk): [line.quantity, line.restocked] for line in remaining.lines().filter(order=order)
        }

    return shown_rows


def _back_in_stock(order: Order) -> str:
    lines = remaining.lines().filter(order=order, restocked__gt=0)
    words = gettext("%(number)s back in stock")
    return ", ".join(f"{line.sku}: {words % {'number': line.restocked}}" for line in lines)


def more_than_sold(error: MoreThanSold) -> str:
    """Return the sentence that says why units cannot come back."""
    words = ngettext(
        "Of %(sold)d unit sold %(returned)d is back in stock already: %(wanted)d more cannot come back.",
        "Of %(sold)d units sold %(returned)d are back in stock already: %(wanted)d more cannot come back.",
        error.sold,
    )
    return words % {"sold": error.sold, "returned": error.returned, "wanted": error.wanted}
