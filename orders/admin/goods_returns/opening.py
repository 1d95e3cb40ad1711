"""Returns taken up for a buyer who wrote or called, and exchanges of open ones: quoted, then done as shown."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.admin.goods_returns.opening_forms import InsteadForm, OpenForm
from orders.admin.order_acts import Act, Facts, Rank, contribute
from orders.admin.quoted_forms import quote_then_do
from orders.exchanges import asking as exchanging
from orders.exchanges import offers, quoting
from orders.exchanges import refusals as of_exchanges
from orders.models import Order, Return
from orders.returns import asking, files, units
from orders.returns import refusals as of_returns
from shop.core.backoffice.base import actor, require, row
from shop.core.backoffice.verb_forms import AnyAdmin, done

OPEN: Final = "orders.add_return"
EXCHANGE: Final = "orders.change_exchange"
_REFUSED: Final[dict[type[Exception], Any]] = {
    **dict.fromkeys(of_returns.REFUSALS, lambda error: (None, of_returns.words(error))),
    **dict.fromkeys(of_exchanges.REFUSALS, lambda error: (None, of_exchanges.words(error))),
}
Shown = asking.Quote | quoting.Quote


def _address(facts: Facts) -> str:
    return reverse("admin:orders_return_open", args=[facts.order.pk])


contribute(
    Act(
        code="return",
        label=gettext_lazy("Take up a return"),
        rank=Rank.RETURN,
        permissions=("orders.view_return", OPEN),
        makes_sense=lambda facts: bool(facts.sent),
        address=_address,
    )
)


def open_page(model_admin: AnyAdmin, request: HttpRequest, key: UUID) -> HttpResponse:
    """Ask what of an order comes back, show what it brings, then take up exactly that and go to its page."""
    require(request, "orders.view_return", OPEN)
    order = row(Order.objects.all(), key)
    if sent_before := Return.objects.filter(
        dedupe_key__in=_keys(order, request.POST.get("token", ""))
    ).first():
        # The button again: what is left to come back is another number by now.
        return done(request, _taken_up(sent_before), _page_of(sent_before))
    lines = units.returnable(order, by_staff=True)
    left = [one.line.pk for one in lines if one.left]
    form = OpenForm(
        request.POST or None, request.FILES or None, lines=lines, offers=offers.of_order(order, left)
    )
    made: list[Return] = []
    shown, finished = quote_then_do(
        request,
        form,
        scope="return-open",
        refusals=_REFUSED,
        quote=lambda: _quote(order, form),
        verb=lambda data, seen: made.append(_take_up(order, form, data, seen, by=actor(request))),
    )
    if finished:
        back = _page_of(made[0]) if made else reverse("admin:orders_return_changelist")
        return done(request, _taken_up(made[0]) if made else _("The return is taken up."), back)
    return _page(
        model_admin,
        request,
        form,
        shown,
        title=_("Take up a return"),
        subtitle=f"{order} · {order.full_name}",
        order=order,
        back=reverse("admin:orders_order_change", args=[order.pk]),
        lead="" if form.lines else _("Nothing of it has been sent, or all of it is in returns."),
        button=_("Take up exactly this"),
    )


def _quote(order: Order, form: OpenForm) -> Shown:
    if choices := form.choices():
        return quoting.quote(order, form.wanted(), choices, by_staff=True)
    return asking.quote(order, form.wanted(), by_staff=True)


def _take_up(order: Order, form: OpenForm, data: dict[str, Any], seen: str, *, by: str) -> Return:
    token = form.cleaned_data["token"]
    given: dict[str, Any] = {
        "actor": by,
        "expected": seen,
        "origin": Return.Origin.STAFF,
        "note": data["note"],
        "photos": files.photos(data["photos"]),
        "language": order.language,
    }
    plain, _with_exchange = _keys(order, token)
    if choices := form.choices():
        return exchanging.request(order, form.wanted(), choices, key=plain, **given).rma
    return asking.request(order, form.wanted(), key=plain, **given)


def _keys(order: Order, token: str) -> tuple[str, str]:
    """Return the keys of what a sent form took up: a return alone, or one with its exchange."""
    key = f"staff:{order.pk}:{token[:64]}"
    return key, f"exchange:{key}"[:150]


def _taken_up(rma: Return) -> str:
    words = _("The return is taken up.")
    return f"{rma.number}: {words}"


def _page_of(rma: Return) -> str:
    return reverse("admin:orders_return_change", args=[rma.pk])


# -- Another unit instead, for a return that is open ------------------------------------------------------------------
def may_exchange(rma: Return, lines: Sequence[Any]) -> bool:
    """Say whether units of a return may be exchanged: it and some of them are open, and no other exchange of it is.

    `lines` are those of `orders.returns.units.lines`.
    """
    return rma.is_open and not any(line.exchanging for line in lines) and any(map(_left, lines))


def _left(line: Any) -> int:
    """Return how many announced units of a line nobody has decided about."""
    return max(int(line.quantity - line.decided), 0)


def exchange_page(model_admin: AnyAdmin, request: HttpRequest, rma: Return) -> HttpResponse:
    """Ask what is sent instead of units of an open return, show what it costs, then do exactly that."""
    require(request, "orders.view_return", EXCHANGE)
    lines = list(units.lines().filter(rma=rma).select_related("order_line"))
    rows = [(line.order_line, _left(line)) for line in lines] if may_exchange(rma, lines) else []
    found = offers.of_order(rma.order, [line.pk for line, _units in rows])
    form = InsteadForm(request.POST or None, rows=rows, offers=found)
    shown, finished = quote_then_do(
        request,
        form,
        scope="return-exchange",
        refusals=_REFUSED,
        quote=lambda: quoting.quote_for_return(rma, form.choices()),
        verb=lambda data, seen: exchanging.for_return(
            rma,
            form.choices(),
            key=f"staff:{rma.pk}:{form.cleaned_data['token'][:64]}",
            actor=actor(request),
            expected=seen,
        ),
    )
    if finished:
        words = _("The new units are reserved.")
        return done(request, f"{rma.number}: {words}", _page_of(rma))
    return _page(
        model_admin,
        request,
        form,
        shown,
        title=_("Send something else instead"),
        subtitle=f"{rma.number} · {rma.order.full_name}",
        order=rma.order,
        back=_page_of(rma),
        lead="" if form.lines else _("Nothing of it is open, or an exchange of it is."),
        button=_("Exchange exactly this"),
    )


# -- Both -------------------------------------------------------------------------------------------------------------
def _page(
    model_admin: AnyAdmin, request: HttpRequest, form: InsteadForm, shown: Shown | None, **context: Any
) -> HttpResponse:
    status = 422 if form.is_bound and form.errors else 200
    exchange = shown if isinstance(shown, quoting.Quote) else None
    return TemplateResponse(
        request,
        "admin/orders/return/open.html",
        {
            **model_admin.admin_site.each_context(request),
            "opts": model_admin.model._meta,
            "form": form,
            "quote": shown,
            "exchange": exchange,
            **context,
        },
        status=status,
    )
