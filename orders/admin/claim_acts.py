"""The acts on a claim in the back office: what the buyer gets is chosen, shown, and exactly that is done."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from orders.admin.claim_forms import DecideForm
from orders.admin.quoted_forms import quote_then_do
from orders.claims import approving
from orders.claims.refusals import REFUSALS, words
from orders.claims.replaceable import replaceable
from orders.claims.rows import locked
from orders.models import Claim, ClaimLine, Replacement
from orders.reimbursements.money import leaves_nothing, money_left
from shop.core.backoffice.act_fingerprint import ShownRows, columns
from shop.core.backoffice.base import actor, require
from shop.core.backoffice.verb_forms import AnyAdmin, VerbForm, done, form_page, run_verb
from shop.core.money import display as money

ACT: Final = "orders.change_claim"
# Carrying out what gives money back asks for it besides, as paying back a return does.
PAY: Final = "payments.add_refund"
_REFUSED: Final[Any] = dict.fromkeys(REFUSALS, lambda error: (None, words(error)))


def _back(claim: Claim) -> str:
    return reverse("admin:orders_claim_change", args=[claim.pk])


# -- Decide -----------------------------------------------------------------------------------------------------------
def decide_page(model_admin: AnyAdmin, request: HttpRequest, claim: Claim) -> HttpResponse:
    """Choose what the buyer gets, see what it comes to, then approve exactly that; nothing is sent or paid yet."""
    require(request, "orders.view_claim", ACT)
    form = DecideForm(request.POST or None, claim=claim, offers=_offers(claim))
    form.compare(f"claim-decide:{claim.pk}", _shown_rows(claim), now=lambda: _current_state(claim))
    quote, finished = quote_then_do(
        request,
        form,
        scope="claim-decide",
        refusals=_REFUSED,
        quote=lambda: approving.quote(claim, form.decision()),
        verb=lambda data, seen: approving.approve(
            claim, form.decision(), actor=actor(request), expected=seen
        ),
    )
    if finished:
        return done(request, f"{claim.number}: {_('approved')}", _back(claim))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.model._meta,
        "title": _("What does the buyer get?"),
        "subtitle": f"{claim.number} · {claim.order.full_name}",
        "claim": claim,
        "form": form,
        "quote": quote,
        "back": _back(claim),
    }
    status = 422 if form.is_bound and form.errors else 200
    return TemplateResponse(request, "admin/orders/claim/decide.html", context, status=status)


def _offers(claim: Claim) -> dict[UUID, list[tuple[str, str]]]:
    """Return for each line of a claim which variants may be sent, and how many of each are in stock."""
    return {
        key: [
            (
                str(one.variant.pk),
                _("%(name)s (%(number)s in stock)")
                % {"name": one.variant.name or one.variant.sku, "number": one.available},
            )
            for one in found
        ]
        for key, found in replaceable(claim).items()
    }


# -- Every other act ---------------------------------------------------------------------------------------------------
def act_page(
    model_admin: AnyAdmin,
    request: HttpRequest,
    claim: Claim,
    form: VerbForm,
    *,
    title: str,
    verb: Callable[[dict[str, Any]], object],
    lead: str = "",
    is_danger: bool = False,
) -> HttpResponse:
    """Ask for what an act needs, then do it once and return to the claim's page."""
    require(request, "orders.view_claim", ACT)
    form.compare(
        f"claim-{type(form).__name__}:{claim.pk}", _shown_rows(claim), now=lambda: _current_state(claim)
    )
    if (
        request.method == "POST"
        and form.is_valid()
        and run_verb(request, form=form, scope="claim", refusals=_REFUSED, verb=verb)
    ):
        return done(request, f"{claim.number}: {claim.get_status_display()}", _back(claim))
    return form_page(
        request,
        model_admin,
        form,
        title=title,
        subtitle=f"{claim.number} · {claim.order.full_name}",
        button=title,
        back=_back(claim),
        lead=lead,
        is_danger=is_danger,
    )


def what_is_done(claim: Claim) -> str:
    """Return in words, one a line, what carrying an approved claim out does."""
    units = list(claim.units.filter(dropped_at=None).order_by("position"))
    left = money_left(claim.order)
    if units and leaves_nothing(claim.order, left=left, back=claim.money_back):
        words = _("The new units are not sent: nothing is left of what was paid for the order.")
        return "\n".join([words, *_money_and_goods(claim)])
    said = [_("1 × %(name)s (%(sku)s) is to be sent.") % {"name": one.name, "sku": one.sku} for one in units]
    return "\n".join([*said, *_money_and_goods(claim)])


def _money_and_goods(claim: Claim) -> list[str]:
    said = []
    if amount := claim.money_back:
        said.append(_("%(sum)s go back to the buyer.") % {"sum": money(amount, claim.order.currency)})
    if claim.rma:
        said.append(_("The goods come back by %(number)s.") % {"number": claim.rma.number})
    return said


def _shown_rows(claim: Claim) -> ShownRows:
    """Return the `ShownRows` of a claim with its lines and new units. It locks the order, then the claim."""
    own = columns(
        Claim.objects.filter(pk=claim.pk),
        "status",
        "approved_at",
        "outcome",
        "partial_amount",
        "answer",
        lock=lambda _keys: locked(claim),
    )
    lines = columns(
        ClaimLine.objects.filter(claim=claim.pk), "replaced", "refunded", "amount", lock=lambda _keys: None
    )
    units = columns(
        Replacement.objects.filter(claim=claim.pk), "variant_id", "dropped_at", lock=lambda _keys: None
    )
    return lambda is_acting: {**own(is_acting), **lines(is_acting), **units(is_acting)}


def _current_state(claim: Claim) -> str:
    """Return in words how a claim is now."""
    fresh = Claim.objects.select_related("order", "rma__order").get(pk=claim.pk)
    return " · ".join(filter(None, (fresh.get_status_display(), *what_is_done(fresh).splitlines())))
