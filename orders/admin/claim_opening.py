"""Opening a claim in the back office: what a buyer wrote or said by another way, with the photos they sent."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders.admin.buyers_words import ask_words
from orders.admin.order_acts import Act, Facts, Rank, contribute
from orders.claims import opening
from orders.claims.claimable import Claimable, claimable
from orders.claims.refusals import REFUSALS, words
from orders.models import Claim, Order
from orders.returns import files
from shop.core.backoffice.base import actor, require, row
from shop.core.backoffice.verb_forms import AnyAdmin, VerbForm, done, form_page, run_verb
from shop.core.user_input.fields import WholeField

OPEN = "orders.add_claim"


def _address(facts: Facts) -> str:
    return reverse("admin:orders_claim_open", args=[facts.order.pk])


contribute(
    Act(
        code="claim",
        label=_("Open a claim"),
        rank=Rank.RETURN,
        permissions=("orders.view_claim", OPEN),
        # Whatever has left may be claimed, also while it is on its way.
        makes_sense=lambda facts: bool(facts.sent),
        address=_address,
    )
)


class OpenForm(VerbForm):
    """Which units, what is wrong with them, and what the buyer wishes."""

    def __init__(self, *args: Any, lines: list[Claimable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [one for one in lines if one.left]
        for one in self.lines:
            self.fields[f"units_{one.line.pk.hex}"] = WholeField(
                label=f"{one.line.name} · {one.line.sku}",
                min_value=0,
                max_value=one.left,
                required=False,
                initial=one.left if len(self.lines) == 1 else 0,
            )
        self.fields["reason"] = forms.ChoiceField(label=_("reason"), choices=Claim.Reason.choices)
        wishes = (Claim.Outcome.REPLACE, Claim.Outcome.REFUND)
        self.fields["wish"] = forms.ChoiceField(
            label=_("wish"), choices=[(one.value, one.label) for one in wishes]
        )
        ask_words(self)

    def units(self) -> dict[UUID, int]:
        """Return how many units of each line were chosen; the form is valid."""
        chosen = {one.line.pk: self.cleaned_data.get(f"units_{one.line.pk.hex}") or 0 for one in self.lines}
        return {key: number for key, number in chosen.items() if number}

    def clean(self) -> dict[str, Any]:
        """Ask for one unit at least."""
        data = super().clean() or self.cleaned_data
        if not self.errors and not self.units():
            raise forms.ValidationError(gettext("Choose at least one unit."))
        return data


def open_page(model_admin: AnyAdmin, request: HttpRequest, key: UUID) -> HttpResponse:
    """Ask what is claimed of an order, then open the claim once and go to its page."""
    require(request, "orders.view_claim", OPEN)
    order = row(Order.objects.all(), key)
    sent_before = Claim.objects.filter(dedupe_key=_key(order, request.POST.get("token", ""))).first()
    if request.method == "POST" and sent_before:
        # The button again: what is left to claim is another number by now.
        return done(request, gettext("The claim is open."), _page_of(sent_before))
    form = OpenForm(request.POST or None, request.FILES or None, lines=claimable(order, by_staff=True))
    made: list[Claim] = []
    if (
        request.method == "POST"
        and form.is_valid()
        and run_verb(
            request,
            form=form,
            scope="claim-open",
            refusals=dict.fromkeys(REFUSALS, lambda error: (None, words(error))),
            verb=lambda data: made.append(_open(order, form, data, actor(request))),
        )
    ):
        back = _page_of(made[0]) if made else reverse("admin:orders_claim_changelist")
        return done(request, gettext("The claim is open."), back)
    return form_page(
        request,
        model_admin,
        form,
        title=gettext("Open a claim"),
        subtitle=f"{order} · {order.full_name}",
        button=gettext("Open a claim"),
        back=reverse("admin:orders_order_change", args=[order.pk]),
        lead="" if form.lines else gettext("Nothing of it has been sent, or all of it is in claims."),
    )


def _key(order: Order, token: str) -> str:
    return f"staff:{order.pk}:{token[:64]}"


def _page_of(claim: Claim) -> str:
    return reverse("admin:orders_claim_change", args=[claim.pk])


def _open(order: Order, form: OpenForm, data: dict[str, Any], by: str) -> Claim:
    return opening.open_claim(
        order,
        form.units(),
        reason=data["reason"],
        wish=data["wish"],
        note=data["note"],
        photos=files.photos(data["photos"]),
        key=_key(order, form.cleaned_data["token"]),
        origin=Claim.Origin.STAFF,
        actor=by,
    )
