"""Bank transfers in the back office: who is to transfer what, the receipts, and confirming that the money is there."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from payments import bank_account
from payments.admin.presentation import TONES
from payments.admin.transfers.outcomes import settled_words
from payments.models import BankCredit, PaymentAttempt, TransferInstruction, TransferReceipt
from payments.transfers import crediting, forecast, instructions, receipts
from shop.core.backoffice.act_fingerprint import ShownRows, Shows
from shop.core.backoffice.base import HistoryAdmin, HistoryInline, actor, require, row
from shop.core.backoffice.verb_forms import VerbForm, done, form_page, run_verb
from shop.core.money import display as money
from shop.core.user_input.fields import MoneyField

Status = PaymentAttempt.Status


class StageFilter(admin.SimpleListFilter):
    """Transfers by what is awaited."""

    title = _("standing")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, StrOrPromise]]:
        return [
            ("claimed", _("said to be paid")),
            ("waiting", _("waiting for the money")),
            ("paid", _("paid")),
            ("over", _("over")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[TransferInstruction]
    ) -> QuerySet[TransferInstruction]:
        match self.value():
            case "claimed":
                return queryset.filter(pk__in=instructions.claimed().values("pk"))
            case "waiting":
                return queryset.filter(attempt__status__in=PaymentAttempt.LIVE)
            case "paid":
                return queryset.filter(attempt__status=Status.PAID)
            case "over":
                return queryset.exclude(attempt__status__in=[*PaymentAttempt.LIVE, Status.PAID])
        return queryset


# A bank shows its movements of some years; what is older has a wrong year.
_MOST_YEARS_AGO: Final = 10


class ConfirmForm(VerbForm):
    """The money as a clerk sees it at the bank. `previewed` is a digest of what the preview was about."""

    amount = MoneyField(label=_("amount"))
    booked_on = forms.DateField(
        label=_("date at the bank"),
        widget=forms.DateInput(
            attrs={"type": "date", "class": UnfoldAdminTextInputWidget().attrs["class"]}, format="%Y-%m-%d"
        ),
    )
    number = forms.CharField(
        label=_("bank's number of the transfer"),
        max_length=100,
        widget=forms.TextInput,
        help_text=_("As the bank's list of movements shows it. No two credits can have the same."),
    )
    is_another = forms.BooleanField(label=_("it is another payment, besides those below"), required=False)
    previewed = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def clean_booked_on(self) -> Any:
        """Refuse a day that has not come, and one of many years ago: its year is a mistake."""
        day, today = self.cleaned_data["booked_on"], timezone.localdate()
        if day > today:
            raise forms.ValidationError(gettext("This day has not come yet."))
        if day.year < today.year - _MOST_YEARS_AGO:
            raise forms.ValidationError(gettext("This day is many years ago: is its year right?"))
        return day

    def clean_amount(self) -> Any:
        """Refuse nothing and less."""
        amount = self.cleaned_data["amount"]
        if amount <= 0:
            raise forms.ValidationError(gettext("An amount must be above zero."))
        return amount

    @property
    def digest(self) -> str:
        """Return a digest of what is typed."""
        names = ("amount", "booked_on", "number", "is_another")
        typed = json.dumps([str(self.cleaned_data.get(name)) for name in names])
        return hashlib.sha256(typed.encode()).hexdigest()

    @property
    def is_previewed(self) -> bool:
        """Say whether the preview that was shown is of what is sent now."""
        return bool(self.cleaned_data.get("previewed") == self.digest)

    def show_preview(self) -> None:
        """Have the page carry the digest of what it shows, and of the rows as they are now: it shows these, too."""
        self.data = self.data.copy()  # type: ignore[attr-defined]
        if self.shows:
            self.data[Shows.FIELD] = self.shows.signed()  # type: ignore[index]
        self.data["previewed"] = self.digest  # type: ignore[index]


class CreditInline(HistoryInline[BankCredit]):
    model = BankCredit
    fk_name = "instruction"
    fields = ("booked_on", "sum_label", "source", "number", "payer_name", "acted_by")
    readonly_fields = fields
    verbose_name_plural = _("money that came")

    @display(description=_("amount"))
    def sum_label(self, credit: BankCredit) -> str:
        return money(credit.amount, credit.currency)


@admin.register(TransferInstruction)
class TransferInstructionAdmin(HistoryAdmin[TransferInstruction]):
    """What buyers were asked to transfer."""

    list_display = [
        "created_at",
        "code",
        "status_label",
        "sum_label",
        "until",
        "buyer",
        "claimed_at",
        "receipts_label",
    ]
    list_display_links = ["created_at", "code"]
    list_filter = [StageFilter]
    search_fields = [
        "code",
        "attempt__purchase__email",
        "attempt__purchase__first_name",
        "attempt__purchase__last_name",
        "attempt__purchase__document_number",
        "attempt__purchase__order__number",
    ]
    date_hierarchy = "created_at"
    inlines = [CreditInline]
    fieldsets = [
        (None, {"fields": [("code", "stage"), ("sum_label", "until_when"), ("buyer", "attempt")]}),
        (_("Where to"), {"fields": ["account_lines"]}),
        (_("Receipts"), {"fields": ["receipts_list"]}),
        (_("Clocks"), {"fields": [("created_at", "claimed_at"), ("reminded_at", "closed_at")]}),
    ]
    readonly_fields = [
        "stage",
        "sum_label",
        "until_when",
        "buyer",
        "account_lines",
        "receipts_list",
        "created_at",
    ]
    actions_detail = ["confirm"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TransferInstruction]:
        light = TransferReceipt.objects.filter(purged_at=None).defer("content")
        rows = super().get_queryset(request).select_related("attempt__purchase")
        return rows.prefetch_related(Prefetch("receipts", queryset=light, to_attr="light_receipts"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.receipt_view)
        name = "payments_transferinstruction_receipt"
        return [path("<uuid:object_id>/receipt/<uuid:receipt_id>/", view, name=name), *super().get_urls()]

    @display(description=_("status"), ordering="attempt__status", label=TONES)
    def status_label(self, one: TransferInstruction) -> tuple[str, str]:
        return one.attempt.status, one.attempt.get_status_display()

    @display(description=_("status"))
    def stage(self, one: TransferInstruction) -> str:
        return one.attempt.get_status_display()

    @display(description=_("valid until"))
    def until_when(self, one: TransferInstruction) -> str:
        return date_format(localtime(one.attempt.voucher_until or one.valid_until), "SHORT_DATETIME_FORMAT")

    @display(description=_("amount"), ordering="amount")
    def sum_label(self, one: TransferInstruction) -> str:
        return money(one.amount, one.currency)

    @display(description=_("valid until"), ordering="valid_until")
    def until(self, one: TransferInstruction) -> Any:
        return one.attempt.voucher_until or one.valid_until

    @display(description=_("buyer"), ordering="attempt__purchase__email")
    def buyer(self, one: TransferInstruction) -> str:
        purchase = one.attempt.purchase
        return f"{purchase.first_name} {purchase.last_name}".strip() or purchase.email

    @display(description=_("where to"))
    def account_lines(self, one: TransferInstruction) -> str:
        lines = ((line.label, line.value) for line in bank_account.rows(one.account))
        return format_html_join(mark_safe("<br>"), "{}: <b>{}</b>", lines)

    @display(description=_("receipts"))
    def receipts_label(self, one: TransferInstruction) -> str:
        return _pictures(one, "bo-receipt bo-receipt--small") or "—"

    @display(description=_("receipts"))
    def receipts_list(self, one: TransferInstruction) -> str:
        return _pictures(one, "bo-receipt") or gettext("none")

    def receipt_view(self, request: HttpRequest, object_id: UUID, receipt_id: UUID) -> HttpResponse:
        """Send a receipt as a download: nothing of it runs in the back office."""
        require(request, "payments.view_transferreceipt")
        found = row(TransferReceipt.objects.filter(instruction_id=object_id, purged_at=None), receipt_id)
        response = HttpResponse(bytes(found.content), content_type=receipts.MEDIA_TYPES[found.suffix])
        name = f"{found.created_at:%Y-%m-%d}-{found.pk.hex[-6:]}.{found.suffix}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["Cache-Control"] = "private, no-store"
        return response

    def has_confirm_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("payments.add_bankcredit"))

    @action(
        description=_("Confirm the money"), url_path="confirm", icon="price_check", permissions=["confirm"]
    )
    def confirm(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note that the money is on the account: typed, previewed, then booked and settled."""
        require(request, "payments.add_bankcredit")
        one = row(self.get_queryset(request).select_related("attempt__payable"), object_id)
        known = list(one.credits.order_by("position"))
        form = ConfirmForm(
            request.POST or None, initial={"booked_on": timezone.localdate(), "amount": one.amount}
        )
        if not known:
            del form.fields["is_another"]
        form.compare(f"transfer {one.pk}", _shown_rows(one))
        booked: list[BankCredit] = []
        if form.is_bound and form.is_valid() and form.is_previewed and _book(request, form, one, booked):
            words = settled_words(booked[0], actor(request)) if booked else gettext("It was booked before.")
            return done(request, words, _page_of(one))
        return self._confirm_page(request, one, form, known)

    def _confirm_page(
        self, request: HttpRequest, one: TransferInstruction, form: ConfirmForm, known: list[BankCredit]
    ) -> HttpResponse:
        preview = None
        near: list[BankCredit] = []
        if form.is_bound and form.is_valid():
            data = form.cleaned_data
            preview = forecast.of(one, data["amount"], one.currency)
            near = forecast.near_lines(one, data["amount"], data["booked_on"])
            form.show_preview()
        return form_page(
            request,
            self,
            form,
            title=gettext("Confirm the money"),
            subtitle=f"{one.code} · {money(one.amount, one.currency)}",
            button=gettext("Book it") if preview else gettext("Look at it first"),
            back=_page_of(one),
            extra={
                "wide_template": "admin/payments/transfers/confirm.html",
                "instruction": one,
                "pictures": _pictures(one, "bo-receipt"),
                "known": known,
                "preview": preview,
                "near": near,
            },
        )


def _pictures(one: TransferInstruction, style: str) -> str:
    """Return small pictures of the receipts, each a link to its file; a PDF is a word."""
    found: Iterable[TransferReceipt] = getattr(one, "light_receipts", ())
    links = []
    for receipt in found:
        address = reverse("admin:payments_transferinstruction_receipt", args=[one.pk, receipt.pk])
        picture = '<img class="{}" src="{}" alt="{}" loading="lazy">'
        is_picture = receipt.kind == TransferReceipt.Kind.PICTURE
        links.append((address, format_html(picture, style, address, str(receipt)) if is_picture else "PDF"))
    return format_html_join(" ", '<a class="bo-link" href="{}">{}</a>', links)


def _shown_rows(one: TransferInstruction) -> ShownRows:
    """Return what the page shows of a transfer: whether it is closed, and which credits came for it."""

    def shown(is_acting: bool) -> dict[str, object]:
        found = crediting.lock(one) if is_acting else TransferInstruction.objects.get(pk=one.pk)
        came = [str(key) for key in found.credits.order_by("position").values_list("pk", flat=True)]
        return {str(one.pk): [found.is_closed, came]}

    return shown


def _before(_error: crediting.CreditedBefore) -> tuple[None, str]:
    return None, gettext("Money came for this transfer already: see below. Is this another payment?")


def _book(
    request: HttpRequest, form: ConfirmForm, one: TransferInstruction, booked: list[BankCredit]
) -> bool:
    """Book what is typed, once; return whether the form is finished."""
    return run_verb(
        request,
        form=form,
        scope="transfer-confirm",
        verb=lambda data: booked.append(_confirmed(one, data, actor=actor(request))),
        refusals={crediting.CreditedBefore: _before, crediting.NumberTaken: _taken},
    )


def _confirmed(one: TransferInstruction, data: dict[str, Any], *, actor: str) -> BankCredit:
    return crediting.confirm(
        one,
        amount=data["amount"],
        booked_on=data["booked_on"],
        number=data["number"],
        is_another=data.get("is_another", False),
        actor=actor,
    )


def _taken(error: crediting.NumberTaken) -> tuple[str, str]:
    words = gettext("This number was typed for another credit: transfer %(code)s, %(day)s.")
    other = error.credit
    code = other.instruction.code if other.instruction else "—"
    return "number", words % {"code": code, "day": other.booked_on}


def _page_of(one: TransferInstruction) -> str:
    return reverse("admin:payments_transferinstruction_change", args=[one.pk])
