"""Cancelling an order, or units of it, in the back office: choose, see what it would do, confirm."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from inventory.ledger import InsufficientOnHand
from orders.admin.order_acts import Act, Facts, Rank, contribute, page_of
from orders.cancellation import quotes
from orders.cancellation.cancelling import Changed, cancel
from orders.cancellation.quotes import CannotCancel, Quote, WrongUnits
from orders.fulfilment import remaining
from orders.models import Cancellation, Order, OrderLine
from shop.core.backoffice.base import BackOfficeAdmin, actor, require, row
from shop.core.backoffice.verb_forms import VerbForm, done, run_verb
from shop.core.user_input.fields import WholeField

PERMISSION: Final = "orders.add_cancellation"
_REFUSED: Final = (Changed, CannotCancel, WrongUnits, InsufficientOnHand)


def _makes_sense(facts: Facts) -> bool:
    return facts.is_confirmed and bool(facts.unsent)


contribute(
    Act(
        code="cancel",
        label=_("Cancel the order"),
        rank=Rank.CANCEL,
        permissions=(PERMISSION,),
        makes_sense=_makes_sense,
        address=page_of("cancel"),
        is_danger=True,
    )
)


class CancelForm(VerbForm):
    """How many units of each line are cancelled, and why. `seen`: a digest of what the preview showed."""

    reason = forms.ChoiceField(label=_("reason"))
    note = forms.CharField(
        label=_("in words"),
        max_length=200,
        required=False,
        help_text=_("Your colleagues read it in the order's story; the buyer does not."),
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def __init__(self, *args: Any, lines: Sequence[OrderLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one.value, one.label) for one in Cancellation.OF_STAFF]
        self.fields["reason"].choices = self.fields["reason"].widget.choices = choices  # type: ignore[attr-defined]
        self.lines = lines
        for line in lines:
            self.fields[_name(line)] = WholeField(
                min_value=0, required=False, label=line.sku, initial=line.unsent
            )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the lines with their bound fields."""
        return [{"line": line, "units": self[_name(line)]} for line in self.lines]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Return what the preview sends along: everything that was chosen."""
        names = [name for name in self.fields if name not in {"seen", "token"}]
        return [(name, str(self[name].value() or "")) for name in names]

    def units(self) -> dict[UUID, int]:
        data = self.cleaned_data
        return {line.pk: data.get(_name(line)) or 0 for line in self.lines}


def _name(line: OrderLine) -> str:
    return f"units_{line.pk.hex}"


class CancelMixin(BackOfficeAdmin[Order]):
    """The page `admin:orders_order_cancel` of the orders' admin."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.cancel_view)
        return [path("<uuid:key>/cancel/", view, name="orders_order_cancel"), *super().get_urls()]

    def cancel_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Show the form or the preview, or do what was previewed: once per token, only as it was shown."""
        require(request, "orders.view_order", PERMISSION)
        order = row(Order.objects.all(), key)
        form = CancelForm(request.POST or None, lines=_lines(order))
        back = reverse("admin:orders_order_change", args=[order.pk])
        step = request.POST.get("step")
        # What was not shown is not confirmed.
        if form.is_valid() and step == "confirm" and form.cleaned_data["seen"]:
            if _confirmed(request, form, order):
                return done(request, gettext("It is cancelled: the units are in stock again."), back)
            form.lines = _lines(order)
        quote = None
        if form.is_bound and step != "edit" and not any(name in form.errors for name in form.fields):
            quote = _quote(form, order)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": gettext("Cancel an order"),
            "order": order,
            "form": form,
            "back": back,
            "quote": quote,
            "refusal": "" if form.is_bound else _refusal(order),
        }
        status = 422 if form.is_bound and form.errors else 200
        return TemplateResponse(request, "admin/orders/order/cancel.html", context, status=status)


def _lines(order: Order) -> list[OrderLine]:
    return list(remaining.lines().filter(order=order))


def _refusal(order: Order) -> str:
    """Return why nothing can be cancelled, "" when something can."""
    try:
        quotes.demand_allowed(order, _lines(order), by=Cancellation.By.STAFF)
    except CannotCancel as error:
        return error.words
    return ""


def _quote(form: CancelForm, order: Order) -> Quote | None:
    """Return the quote at this moment; None, with errors on the form, when there can be none."""
    has_shown = bool(form.errors)
    try:
        return quotes.quote(order, form.units(), by=Cancellation.By.STAFF)
    except _REFUSED as error:
        if not has_shown:
            form.add_error(*_said(error))
    return None


def _confirmed(request: HttpRequest, form: CancelForm, order: Order) -> bool:
    """Do what was shown, once per token; return whether the form is finished."""

    def act(data: dict[str, Any]) -> Cancellation:
        return cancel(
            order,
            units=form.units(),
            by=Cancellation.By.STAFF,
            reason=data["reason"],
            note=data["note"],
            expected=data["seen"],
            key=f"staff:{form.cleaned_data['token']}",
            actor=actor(request),
        )

    return run_verb(
        request, form=form, scope="order-cancel", verb=act, refusals=dict.fromkeys(_REFUSED, _said)
    )


def _said(error: Exception) -> tuple[str | None, str]:
    """Return field and words of what cannot be cancelled."""
    match error:
        case CannotCancel():
            return None, error.words
        case WrongUnits() if error.lines:
            line = error.lines[0]
            words = ngettext(
                "At most %d unit can be cancelled.", "At most %d units can be cancelled.", line.unsent
            )
            return _name(line), words % line.unsent
        case WrongUnits():
            return None, gettext("Choose at least one unit.")
        case InsufficientOnHand():
            return None, gettext("These units cannot be written off: others have reserved them. Try again.")
    return None, gettext(
        "Nothing is done yet: the order has changed since this was shown. It stands here as it is now; confirm again "
        "if you still want it."
    )
