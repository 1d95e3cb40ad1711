"""Credits on the shop's account in the back office: assigned by hand, or noted as no sale."""

import logging
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from payments.admin.presentation import ConfirmForm
from payments.admin.transfers.outcomes import settled_words
from payments.models import BankCredit, TransferInstruction
from payments.transfers import crediting, forecast
from payments.transfers.statements import matching, suggestions
from shop.core.backoffice.act_fingerprint import Shows, columns
from shop.core.backoffice.base import HistoryAdmin, actor, foreign, require, row
from shop.core.backoffice.verb_forms import VerbForm, done, form_page, run_verb
from shop.core.money import display as money
from shop.core.states import IllegalTransition

log = logging.getLogger(__name__)
Status = BankCredit.Status


class AssignForm(VerbForm):
    """Which bank transfer a credit is for. `previewed` is the one whose consequence the page has shown."""

    code = forms.CharField(
        label=_("reference code"),
        max_length=80,
        widget=forms.TextInput,
        help_text=_("The transfer's code; or an order's number, or the buyer's address, to look for it."),
    )
    is_another = forms.BooleanField(
        label=_("it is another payment, besides what came before"), required=False
    )
    previewed = forms.CharField(widget=forms.HiddenInput, max_length=120, required=False)

    found: TransferInstruction | None = None

    def clean_code(self) -> str:
        """Find the transfer."""
        rows = suggestions.searched(self.cleaned_data["code"])
        if len(rows) != 1:
            words = gettext("No bank transfer is found by this.")
            if rows:
                words = gettext("Several are found: %s.") % ", ".join(one.code for one in rows)
            raise forms.ValidationError(words)
        self.found = rows[0]
        return rows[0].code

    @property
    def digest(self) -> str:
        return f"{self.cleaned_data.get('code')}:{bool(self.cleaned_data.get('is_another'))}"

    @property
    def is_previewed(self) -> bool:
        return bool(self.cleaned_data.get("previewed") == self.digest)

    def show_preview(self) -> None:
        """Have the page carry what it shows."""
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["previewed"] = self.digest  # type: ignore[index]
        if self.shows:
            self.data[Shows.FIELD] = self.shows.signed()  # type: ignore[index]


class AsideForm(VerbForm):
    """Why a credit is no sale."""

    note = forms.CharField(
        label=_("note"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What it is: interest, a transfer of the shop's own, a sale at the market …"),
    )


@admin.register(BankCredit)
class BankCreditAdmin(HistoryAdmin[BankCredit]):
    """Money that came to the account, and what it is for."""

    list_display = [
        "booked_on",
        "status_label",
        "sum_label",
        "reference",
        "payer_name",
        "instruction_link",
        "source",
    ]
    list_filter = [("status", ChoicesDropdownFilter), ("source", ChoicesDropdownFilter)]
    search_fields = ["reference", "payer_name", "payer_document", "number", "instruction__code"]
    date_hierarchy = "booked_on"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("booked_on", "status_label"),
                    ("sum_label", "source"),
                    ("reference", "number"),
                    ("payer_name", "payer_document"),
                    ("instruction_link", "confirms_link"),
                    ("statement", "row"),
                    ("actor", "noted_at"),
                    "note",
                ]
            },
        ),
    ]
    readonly_fields = ["status_label", "sum_label", "instruction_link", "confirms_link"]
    actions_detail = ["assign", "set_aside", "look_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BankCredit]:
        rows = super().get_queryset(request).select_related("instruction", "statement", "confirms")
        return rows.defer("statement__content")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "statement__id__exact" or super().lookup_allowed(lookup, value, request)

    @display(
        description=_("status"),
        ordering="status",
        label={"open": "warning", "booked": "success", "confirms": "info", "other": "default"},
    )
    def status_label(self, credit: BankCredit) -> tuple[str, Any]:
        return credit.status, credit.get_status_display()

    @display(description=_("amount"), ordering="amount")
    def sum_label(self, credit: BankCredit) -> str:
        return money(credit.amount, credit.currency)

    @display(description=_("bank transfer"))
    def instruction_link(self, credit: BankCredit) -> str:
        return foreign("payments_transferinstruction", credit.instruction)

    @display(description=_("confirms"))
    def confirms_link(self, credit: BankCredit) -> str:
        return foreign("payments_bankcredit", credit.confirms)

    def makes_sense(self, act: str, obj: BankCredit) -> bool:
        """Offer what the state allows."""
        return obj.status == (Status.OTHER if act == "look-again" else Status.OPEN)

    def has_match_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("payments.change_bankcredit"))

    @action(description=_("Assign"), url_path="assign", icon="link", permissions=["match"])
    def assign(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Assign a credit to a bank transfer, also to one that has ended."""
        require(request, "payments.change_bankcredit")
        credit = row(BankCredit.objects.select_related("statement").defer("statement__content"), object_id)
        form = AssignForm(request.POST or None, initial={"code": request.GET.get("code", "")[:80]})
        form.compare(f"credit {credit.pk}", columns(BankCredit.objects.filter(pk=credit.pk), "status"))
        is_ready = form.is_bound and form.is_valid() and form.is_previewed
        if is_ready and form.found and _assign(request, form, credit, form.found):
            return done(request, settled_words(credit, actor(request)), _back(credit))
        return self._assign_page(request, credit, form)

    def _assign_page(self, request: HttpRequest, credit: BankCredit, form: AssignForm) -> HttpResponse:
        preview = None
        if form.is_bound and form.is_valid() and form.found:
            preview = forecast.of(form.found, credit.amount, credit.currency, is_line=True)
            form.show_preview()
        matches = matching.classify([credit]) if credit.status == Status.OPEN else []
        return form_page(
            request,
            self,
            form,
            title=gettext("Which purchase is this money for?"),
            subtitle=money(credit.amount, credit.currency),
            button=gettext("Book it") if preview else gettext("Look at it first"),
            back=_back(credit),
            extra={
                "wide_template": "admin/payments/transfers/assign.html",
                "credit": credit,
                "found": form.found,
                "preview": preview,
                "suggested": suggestions.suggest(matches).get(credit.pk, []),
            },
        )

    @action(description=_("Not a sale"), url_path="set-aside", icon="block", permissions=["match"])
    def set_aside(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note that a credit is no sale."""
        require(request, "payments.change_bankcredit")
        credit = row(BankCredit.objects.all(), object_id)
        form = AsideForm(request.POST or None)
        is_done = (
            form.is_bound
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="credit-aside",
                verb=lambda data: crediting.set_aside(credit, note=data["note"], actor=actor(request)),
                refusals={IllegalTransition: _decided},
            )
        )
        if is_done:
            return done(request, gettext("It is noted that this is no sale."), _back(credit))
        return form_page(
            request,
            self,
            form,
            title=gettext("Not a sale?"),
            subtitle=money(credit.amount, credit.currency),
            button=gettext("Note it"),
            back=_back(credit),
        )

    @action(description=_("Look at it again"), url_path="look-again", icon="undo", permissions=["match"])
    def look_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have a credit matched again that was noted as no sale."""
        require(request, "payments.change_bankcredit")
        credit = row(BankCredit.objects.all(), object_id)
        form = ConfirmForm(request.POST or None)
        is_done = (
            form.is_bound
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="credit-again",
                verb=lambda _data: crediting.reopen(credit, actor=actor(request)),
                refusals={IllegalTransition: _decided},
            )
        )
        if is_done:
            return done(request, gettext("It is to be matched again."), _page_of(credit))
        return form_page(
            request,
            self,
            form,
            title=gettext("Look at it again?"),
            subtitle=money(credit.amount, credit.currency),
            button=gettext("Look at it again"),
            back=_page_of(credit),
        )


def _assign(request: HttpRequest, form: AssignForm, credit: BankCredit, found: TransferInstruction) -> bool:
    return run_verb(
        request,
        form=form,
        scope="credit-assign",
        verb=lambda data: crediting.assign(
            credit, found, is_another=data["is_another"], actor=actor(request)
        ),
        refusals={IllegalTransition: _decided, crediting.CreditedBefore: _before},
    )


def _decided(_error: Exception) -> tuple[None, str]:
    return None, gettext("This credit was decided about meanwhile: open it again.")


def _before(error: crediting.CreditedBefore) -> tuple[str, str]:
    words = gettext("Money came for this transfer already: %(amount)s. Is this another payment?")
    return "is_another", words % {"amount": money(error.credit.amount, error.credit.currency)}


def _page_of(credit: BankCredit) -> str:
    return reverse("admin:payments_bankcredit_change", args=[credit.pk])


def _back(credit: BankCredit) -> str:
    """Return where a clerk who goes through a statement goes on."""
    if credit.statement_id is None:
        return _page_of(credit)
    return reverse("admin:payments_bankstatement_change", args=[credit.statement_id])
