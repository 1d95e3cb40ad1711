"""Invoices, credit notes and receipts in the back office, with what became of each."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from orders.checkout.documents import InvalidDocument, clean_document
from orders.invoices import acts, preparing
from orders.models import Invoice, InvoiceLine, InvoiceMessage, Order
from orders.views import invoices as pages
from shop.core import countries
from shop.core.audit import labels, timeline
from shop.core.backoffice.act_fingerprint import ShownRows, columns
from shop.core.backoffice.base import HistoryAdmin, HistoryInline, actor, foreign, row
from shop.core.backoffice.reason_columns import reason_column
from shop.core.backoffice.verb_forms import VerbForm, done, form_page, run_verb
from shop.core.money import display as money

Status = Invoice.Status
TONES = {
    Status.DRAFT: "info",
    Status.RESERVED: "info",
    Status.SENT: "info",
    Status.UNKNOWN: "warning",
    Status.AUTHORISED: "success",
    Status.REJECTED: "danger",
    Status.VOID: "default",
}


class AgainForm(VerbForm):
    """The buyer's data, as the document is issued with them."""

    document_type = forms.ChoiceField(label=_("document type"), required=False)
    document_number = forms.CharField(label=_("document number"), max_length=30, required=False)
    tax_condition = forms.ChoiceField(label=_("tax condition"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country = countries.current()
        documents = [("", "—"), *((one.code, str(one.label)) for one in country.accepted_documents)]
        conditions = [(one.code, str(one.label)) for one in country.tax_conditions] or [("", "—")]
        self.fields["document_type"].choices = documents  # type: ignore[attr-defined]
        self.fields["tax_condition"].choices = [("", conditions[0][1]), *conditions[1:]]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Check the number by its kind, as the checkout does."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("document_number"):
            try:
                data["document_number"] = clean_document(
                    countries.current(), data.get("document_type", ""), data["document_number"]
                )
            except InvalidDocument as error:
                self.add_error("document_number", str(error.message))
        return data


class InvoiceLineInline(HistoryInline[InvoiceLine]):
    """What the document says."""

    model = InvoiceLine
    fk_name = "invoice"
    fields = ["description", "sku", "quantity", "amount_label", "net_label", "tax_label"]
    readonly_fields = ["description", "sku", "quantity", "amount_label", "net_label", "tax_label"]
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> "QuerySet[InvoiceLine]":
        rows: QuerySet[InvoiceLine] = super().get_queryset(request)
        return rows.select_related("invoice")

    @display(description=_("amount"))
    def amount_label(self, line: InvoiceLine) -> str:
        return money(line.amount, line.invoice.currency)

    @display(description=_("net"))
    def net_label(self, line: InvoiceLine) -> str:
        return money(line.net, line.invoice.currency)

    @display(description=_("tax"))
    def tax_label(self, line: InvoiceLine) -> str:
        return money(line.tax, line.invoice.currency)


class InvoiceMessageInline(HistoryInline[InvoiceMessage]):
    """What the tax office was asked, and what it said."""

    model = InvoiceMessage
    fields = ["created_at", "act", "error"]
    readonly_fields = ["created_at", "act", "error"]


@admin.register(InvoiceMessage)
class InvoiceMessageAdmin(HistoryAdmin[InvoiceMessage]):
    """One request to the tax office and its answer, without what signs us in."""

    list_display = ["created_at", "act", "invoice", "error_label"]
    list_select_related = ["invoice"]
    search_fields = ["invoice__name", "invoice__order__number"]
    fields = ["created_at", "act", "invoice", "request", "answer", "error_label"]
    readonly_fields = ["created_at", "error_label"]

    @display(description=_("error"), ordering="error")
    def error_label(self, message: InvoiceMessage) -> str:
        return labels.reason(message.error) or "—"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Invoice)
class InvoiceAdmin(HistoryAdmin[Invoice]):
    """Documents: issued ones with their file, refused ones with the reason and the way to issue them again."""

    list_display = ["created_at", "status_label", "kind", "name", "order_link", "sum_label", "matter"]
    list_filter = [("status", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter), "issued_on"]
    search_fields = ["name", "authorisation", "order__number", "order__email", "order__document_number"]
    date_hierarchy = "created_at"
    fields = [
        ("status", "kind"),
        ("name", "issued_on"),
        ("order_link", "related_link"),
        ("sum_label", "net_label", "tax_label"),
        ("authorisation", "authorisation_due"),
        "said",
        "attention",
        ("tries", "next_try_at"),
        "trouble",
        "paper",
    ]
    readonly_fields = [
        "order_link",
        "related_link",
        "sum_label",
        "net_label",
        "tax_label",
        "said",
        "trouble",
        "paper",
    ]
    trouble = reason_column("last_error", _("last error"))
    inlines = [InvoiceLineInline, InvoiceMessageInline]
    actions_detail = ["again", "ask"]
    change_form_outer_after_template = "admin/story.html"

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Invoice]":
        rows: QuerySet[Invoice] = super().get_queryset(request)
        return rows.select_related("order", "related_to", "series")

    @display(description=_("status"), ordering="status", label=TONES)
    def status_label(self, invoice: Invoice) -> tuple[str, str]:
        return invoice.status, invoice.get_status_display()

    @display(description=_("total"), ordering="total")
    def sum_label(self, invoice: Invoice) -> str:
        return money(invoice.total, invoice.currency) if invoice.total else "—"

    @display(description=_("net"))
    def net_label(self, invoice: Invoice) -> str:
        return money(invoice.net, invoice.currency) if invoice.total else "—"

    @display(description=_("tax"))
    def tax_label(self, invoice: Invoice) -> str:
        return money(invoice.tax, invoice.currency) if invoice.total else "—"

    @display(description=_("order"), ordering="order__number")
    def order_link(self, invoice: Invoice) -> str:
        return foreign("orders_order", invoice.order)

    @display(description=_("note of"))
    def related_link(self, invoice: Invoice) -> str:
        return foreign("orders_invoice", invoice.related_to)

    @display(description=_("to be looked at"))
    def matter(self, invoice: Invoice) -> str:
        if invoice.attention:
            return gettext(invoice.attention)
        if invoice.series is not None and invoice.series.is_frozen and not invoice.is_issued:
            return gettext("Its series stands still.")
        return (
            labels.reason(invoice.last_error) if invoice.status in {Status.REJECTED, Status.UNKNOWN} else ""
        )

    @display(description=_("what the tax office said"))
    def said(self, invoice: Invoice) -> str:
        rows = ((one.get("code", ""), one.get("text", "")) for one in invoice.remarks)
        return format_html_join("", "<div>{} {}</div>", rows) or "—"

    @display(description=_("document"))
    def paper(self, invoice: Invoice) -> str:
        if not invoice.is_issued or invoice.erased_at:
            return "—"
        return format_html(
            '<a href="{}">{}</a> · <a href="{}">PDF</a>',
            reverse("admin:orders_invoice_page", args=[invoice.pk]),
            gettext("Read it"),
            reverse("admin:orders_invoice_pdf", args=[invoice.pk]),
        )

    def get_urls(self) -> list[Any]:
        from django.urls import path

        own = [
            path("<uuid:key>/pdf/", self.admin_site.admin_view(self.pdf), name="orders_invoice_pdf"),
            path("<uuid:key>/page/", self.admin_site.admin_view(self.page), name="orders_invoice_page"),
        ]
        return [*own, *super().get_urls()]

    def _issued(self, request: HttpRequest, key: object) -> Invoice:
        if not self.has_view_permission(request):
            raise Http404
        return row(self.get_queryset(request).filter(status=Status.AUTHORISED, erased_at=None), key)

    def pdf(self, request: HttpRequest, key: object) -> HttpResponse:
        """Give the kept PDF."""
        return pages.saved(self._issued(request, key))

    def page(self, request: HttpRequest, key: object) -> HttpResponse:
        """Show the document as its buyer reads it."""
        found = self._issued(request, key)
        return pages.page(request, found, pdf_url=reverse("admin:orders_invoice_pdf", args=[found.pk]))

    def page_context(self, request: HttpRequest, key: UUID) -> dict[str, object]:
        """Return what happened in the document's purchase."""
        found = self.get_object(request, str(key))
        return {"entries": timeline.tell(timeline.Subject(found.trail, found.order_id)) if found else []}

    def makes_sense(self, act: str, invoice: Invoice) -> bool:
        if act == "again":
            return invoice.status == Status.REJECTED
        return invoice.status in {Status.DRAFT, *Invoice.UNRESOLVED}

    def has_change_invoice_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("orders.change_invoice"))

    @action(
        description=_("Correct and issue again"),
        url_path="again",
        icon="replay",
        permissions=["change_invoice"],
    )
    def again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Issue a refused document again, with corrected data of the buyer."""
        invoice = row(Invoice.objects.select_related("order"), object_id)
        back = reverse("admin:orders_invoice_change", args=[invoice.pk])
        names = ("document_type", "document_number", "tax_condition")
        form = AgainForm(request.POST or None, initial={name: getattr(invoice.order, name) for name in names})
        form.compare(
            f"invoice-again:{invoice.pk}", _shown_document(invoice, names), now=lambda: _buyer_now(invoice)
        )
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="invoice-again",
                refusals={
                    acts.NotThatState: lambda error: (
                        None,
                        gettext("It is not refused any more; nothing was changed."),
                    )
                },
                verb=lambda data: acts.issue_again(
                    invoice, **{name: data.get(name, "") for name in names}, actor=actor(request)
                ),
            )
        ):
            return done(request, gettext("It is issued within a minute."), back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Correct and issue again"),
            subtitle=str(invoice.order),
            button=gettext("Issue again"),
            back=back,
            lead=invoice.last_error,
        )

    @action(
        description=_("Ask the tax office now"),
        url_path="ask",
        icon="sync",
        permissions=["change_invoice"],
    )
    def ask(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask at once for a document that waits."""
        invoice = row(Invoice.objects.select_related("order"), object_id)
        back = reverse("admin:orders_invoice_change", args=[invoice.pk])
        form = VerbForm(request.POST or None)
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="invoice-ask",
                refusals={
                    acts.NotThatState: lambda error: (
                        None,
                        gettext("Nothing of it is open any more; nothing was changed."),
                    )
                },
                verb=lambda data: acts.ask_now(invoice, actor=actor(request)),
            )
        ):
            return done(request, gettext("It is asked for within a minute."), back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Ask the tax office now?"),
            subtitle=str(invoice),
            button=gettext("Ask now"),
            back=back,
            lead=gettext("The shop asks by itself, more and more seldom. Nothing is issued twice."),
        )


def _shown_document(invoice: Invoice, names: Sequence[str]) -> ShownRows:
    """Return the `ShownRows` of a document with its buyer's data. It locks as issuing it again does."""
    return columns(
        Invoice.objects.filter(pk=invoice.pk),
        "status",
        "last_error",
        *(f"order__{name}" for name in names),
        lock=lambda _keys: preparing.lock_rows(invoice),
    )


def _buyer_now(invoice: Invoice) -> str:
    """Return the buyer's data in words, as they are now."""
    order = Order.objects.get(pk=invoice.order_id)
    return " ".join(filter(None, (order.document_type, order.document_number, order.tax_condition)))
