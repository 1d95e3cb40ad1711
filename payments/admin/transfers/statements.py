"""Bank statements in the back office: upload, naming the columns of a new bank, what is certain, and the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminFileFieldWidget

from payments import bank_account
from payments.models import BankCredit, BankStatement, StatementColumns
from payments.transfers import settling
from payments.transfers.statements import importing, matching, reading, suggestions
from payments.transfers.statements.matching import Kind, Match
from shop.core.backoffice.act_fingerprint import ShownRows
from shop.core.backoffice.base import HistoryAdmin, actor, require, row
from shop.core.backoffice.verb_forms import VerbForm, done, form_page, run_verb
from shop.core.states import IllegalTransition

_MB = reading.MOST_BYTES // 1024 // 1024
_PER_PAGE = 50
# So many are settled while the clerk waits; more are left to the job.
_AT_ONCE = 10
Status = BankStatement.Status


class UploadForm(VerbForm):
    """A statement and its bank."""

    bank = forms.CharField(
        label=_("bank"),
        max_length=60,
        widget=forms.TextInput,
        help_text=_(
            "Always the same name for the same bank: by it its columns are known, and no line counts twice."
        ),
    )
    file = forms.FileField(
        label=_("file"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.xlsx"}),
        help_text=_(
            "The movements as CSV or XLSX, at most %d MB. A line that was read before never counts twice."
        )
        % _MB,
    )

    def clean_bank(self) -> str:
        """Return the bank as its statements are compared."""
        key = bank_account.bank_key(self.cleaned_data["bank"])
        if not key:
            raise forms.ValidationError(gettext("Write the bank's name."))
        return key


class ColumnsForm(VerbForm):
    """Which heading of a bank's statements stands for what."""

    date = forms.ChoiceField(label=_("date"))
    amount = forms.ChoiceField(
        label=_("amount, or credits"),
        help_text=_(
            "Where money that came in has a column of its own, that one. Negative amounts are passed over."
        ),
    )
    reference = forms.ChoiceField(
        label=_("reference"),
        help_text=_("What the payer wrote: the column in which the reference code stands."),
    )
    detail = forms.ChoiceField(label=_("more of the reference"), required=False)
    payer_name = forms.ChoiceField(label=_("payer's name"), required=False)
    payer_document = forms.ChoiceField(label=_("payer's document"), required=False)
    number = forms.ChoiceField(label=_("bank's number"), required=False)
    date_order = forms.ChoiceField(label=_("dates"), choices=StatementColumns.DateOrder.choices)
    decimals = forms.ChoiceField(label=_("decimals"), choices=StatementColumns.Decimals.choices)

    def __init__(self, *args: Any, headings: reading.Headings, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(name, name) for name in dict.fromkeys(headings.names) if name]
        for column in reading.COLUMNS:
            field = self.fields[column]
            if isinstance(field, forms.ChoiceField):
                field.choices = names if field.required else [("", "—"), *names]


@dataclass(frozen=True, slots=True)
class Rest:
    """A credit that nothing fits for certain, with what is suggested."""

    match: Match
    suggested: list[suggestions.Suggestion]


@admin.register(BankStatement)
class BankStatementAdmin(HistoryAdmin[BankStatement]):
    """Every statement that was uploaded."""

    list_display = [
        "created_at",
        "bank_name",
        "file_name",
        "status_label",
        "first_on",
        "last_on",
        "credit_count",
        "repeated_count",
        "open_count",
    ]
    list_display_links = ["created_at", "file_name"]
    list_filter = [("status", ChoicesDropdownFilter), "bank"]
    search_fields = ["file_name", "bank", "actor"]
    date_hierarchy = "created_at"
    actions_list = ["upload"]
    actions_detail = ["columns"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BankStatement]:
        waiting = Count("credits", filter=Q(credits__status=BankCredit.Status.OPEN))
        return super().get_queryset(request).defer("content", "issues").annotate(waiting=waiting)

    @display(
        description=_("status"),
        ordering="status",
        label={
            "new": "warning",
            "uploaded": "info",
            "done": "success",
            "refused": "danger",
            "failed": "danger",
        },
    )
    def status_label(self, statement: BankStatement) -> tuple[str, str]:
        return statement.status, statement.get_status_display()

    @display(description=_("bank"), ordering="bank")
    def bank_name(self, statement: BankStatement) -> str:
        return bank_account.bank_label(statement.bank)

    @display(description=_("to be matched"), ordering="waiting")
    def open_count(self, statement: BankStatement) -> int:
        number: int = statement.waiting  # type: ignore[attr-defined]
        return number

    def has_upload_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("payments.add_bankstatement"))

    @action(description=_("Upload a statement"), url_path="upload", icon="upload", permissions=["upload"])
    def upload(self, request: HttpRequest) -> HttpResponse:
        """Store a statement; of a known bank a small one is read at once."""
        require(request, "payments.add_bankstatement")
        made: list[BankStatement] = []
        own = bank_account.bank_label(bank_account.own_bank())
        form = UploadForm(request.POST or None, request.FILES or None, initial={"bank": own})
        try:
            is_done = (
                form.is_bound
                and form.is_valid()
                and run_verb(
                    request,
                    form=form,
                    scope="statement-upload",
                    refusals={reading.Unreadable: lambda error: ("file", str(error))},
                    verb=lambda data: made.append(_upload(request, data)),
                )
            )
        except importing.ReadBefore as again:
            words = gettext("This file was uploaded before: here is what it said.")
            return done(request, words, _page_of(again.statement))
        if is_done and made:
            fresh = importing.read_if_small(made[0])
            return redirect(_columns_of(fresh) if fresh.status == Status.NEW else _page_of(fresh))
        if is_done:
            return redirect("admin:payments_bankstatement_changelist")
        return form_page(
            request,
            self,
            form,
            title=gettext("Upload a bank statement"),
            button=gettext("Read it"),
            back=reverse("admin:payments_bankstatement_changelist"),
        )

    def makes_sense(self, act: str, obj: BankStatement) -> bool:
        """Offer to name the columns while that can help."""
        return obj.status in {Status.NEW, Status.REFUSED}

    @action(description=_("Name the columns"), url_path="columns", icon="view_column", permissions=["upload"])
    def columns(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Name the columns of a bank's statements; kept for the next ones."""
        require(request, "payments.add_bankstatement")
        statement = row(BankStatement.objects.all(), object_id)
        if statement.status not in {Status.NEW, Status.REFUSED} or not statement.content:
            return redirect(_page_of(statement))
        try:
            headings = reading.headings(bytes(statement.content), statement.file_name)
        except reading.Unreadable as refusal:
            return done(request, str(refusal), _page_of(statement))
        form = ColumnsForm(request.POST or None, headings=headings, initial=_initial(statement, headings))
        try:
            is_done = (
                form.is_bound
                and form.is_valid()
                and run_verb(
                    request,
                    form=form,
                    scope="statement-columns",
                    verb=lambda data: importing.name_columns(statement, values=data, actor=actor(request)),
                    refusals={IllegalTransition: _read_meanwhile},
                )
            )
        except importing.ReadBefore as again:
            return redirect(_page_of(again.statement))
        if is_done:
            importing.read_if_small(statement)
            return redirect(_page_of(statement))
        return form_page(
            request,
            self,
            form,
            title=gettext("What stands where?"),
            subtitle=f"{bank_account.bank_label(statement.bank)} · {statement.file_name}",
            button=gettext("Read it"),
            back=_page_of(statement),
            extra={"wide_template": "admin/payments/transfers/columns.html", "headings": headings},
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Show a statement: what is certain, with the button that books it; and the rest, with suggestions."""
        require(request, "payments.view_bankstatement")
        statement = row(BankStatement.objects.defer("content"), object_id)
        may_book = request.user.has_perm("payments.change_bankcredit")
        form = VerbForm(request.POST if request.method == "POST" else None)
        form.compare(f"statement {statement.pk}", _shown_rows(statement))
        if request.method == "POST":
            if not may_book:
                raise PermissionDenied
            booked: list[int] = []
            if form.is_valid() and _book(request, form, statement, booked):
                return done(request, _booked_words(statement, booked, actor(request)), _page_of(statement))
        return TemplateResponse(
            request,
            "admin/payments/transfers/statement.html",
            {**self.admin_site.each_context(request), **self._context(request, statement, form, may_book)},
            status=422 if form.is_bound else 200,
        )

    def _context(
        self, request: HttpRequest, statement: BankStatement, form: VerbForm, may_book: bool
    ) -> dict[str, object]:
        matches = matching.of_statement(statement)
        rest = Paginator([match for match in matches if not match.is_certain], _PER_PAGE).get_page(
            request.GET.get("page")
        )
        suggested = suggestions.suggest(list(rest.object_list))
        return {
            "title": statement.file_name,
            "opts": self.model._meta,
            "statement": statement,
            "bank": bank_account.bank_label(statement.bank),
            "form": form,
            "token": form["token"].value(),
            "shown": form["shown"].value(),
            "may_book": may_book,
            "refresh_seconds": 5,
            "exact": [match for match in matches if match.kind == Kind.EXACT],
            "confirming": [match for match in matches if match.kind == Kind.CONFIRMS],
            "rest": rest,
            "rows": [Rest(match, suggested.get(match.credit.pk, [])) for match in rest.object_list],
            "columns_url": _columns_of(statement),
            "credits_url": f"{reverse('admin:payments_bankcredit_changelist')}?statement__id__exact={statement.pk}",
        }


def _upload(request: HttpRequest, data: dict[str, Any]) -> BankStatement:
    file = data["file"]
    if file.size > reading.MOST_BYTES:  # Refused before its bytes are in memory.
        raise reading.Unreadable(gettext("The file is larger than %s MB.") % _MB)
    return importing.upload(
        bank=data["bank"],
        file_name=file.name,
        content=file.read(),
        language=get_language() or "es",
        actor=actor(request),
    )


def _initial(statement: BankStatement, headings: reading.Headings) -> dict[str, str]:
    """Return the columns as they were named last, or as the headings suggest."""
    known = StatementColumns.objects.filter(bank=statement.bank).first()
    if known is not None:
        names = (*reading.COLUMNS, "date_order", "decimals")
        return {name: str(getattr(known, name)) for name in names}
    found: dict[str, str] = {
        "date_order": StatementColumns.DateOrder.DAY,
        "decimals": StatementColumns.Decimals.AUTO,
    }
    for column in reading.COLUMNS:
        guess = headings.guess(column)
        found[column] = "" if guess in found.values() else guess
    return found


def _shown_rows(statement: BankStatement) -> ShownRows:
    """Return what the page shows of what it would book: each certain credit, and what it would be assigned to."""

    def shown(is_acting: bool) -> Mapping[str, object]:
        if is_acting:
            matching.lock(statement)
        certain = (match for match in matching.of_statement(statement) if match.is_certain)
        return {str(match.credit.pk): match.target for match in certain}

    return shown


def _book(request: HttpRequest, form: VerbForm, statement: BankStatement, booked: list[int]) -> bool:
    return run_verb(
        request,
        form=form,
        scope="statement-book",
        verb=lambda _data: booked.append(matching.book(statement, actor=actor(request))),
        refusals={},
    )


def _booked_words(statement: BankStatement, booked: list[int], actor: str) -> str:
    """Settle a few at once, and say what was done."""
    number = booked[0] if booked else 0
    due = BankCredit.objects.filter(statement=statement, settle_at__isnull=False).values_list("pk", flat=True)
    if 0 < len(due) <= _AT_ONCE:
        settling.settle_each(list(due), actor=actor)
    elif due:
        return gettext("%d credits are booked; their orders are made within minutes.") % number
    return ngettext("%d credit is booked.", "%d credits are booked.", number) % number


def _read_meanwhile(_error: Exception) -> tuple[None, str]:
    return None, gettext("This statement was read meanwhile: open it again.")


def _page_of(statement: BankStatement) -> str:
    return reverse("admin:payments_bankstatement_change", args=[statement.pk])


def _columns_of(statement: BankStatement) -> str:
    return reverse("admin:payments_bankstatement_columns", args=[statement.pk])
