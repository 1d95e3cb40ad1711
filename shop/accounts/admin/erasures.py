"""Erasures in the back office: of guests by their address, with a preview of what is erased."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from shop.accounts import erasure
from shop.accounts.models import ErasureRequest
from shop.accounts.privacy import person_at
from shop.core.backoffice.base import HistoryAdmin, actor, require, row
from shop.core.backoffice.verb_forms import VerbForm, done, form_page, run_verb
from shop.core.privacy import personal_data
from shop.core.privacy.personal_data import Person

COUNTED = {
    "payments": _("payments"),
    "orders": _("orders"),
    "checkouts": _("checkout sessions"),
    "holds": _("holds"),
    "waiting_lists": _("waiting lists"),
    "accounts": _("accounts"),
    "addresses": _("addresses"),
    "emails": _("e-mails"),
    "events": _("events"),
}


def _counted(person: Person) -> list[tuple[Any, int]]:
    return [(COUNTED.get(name, name), rows) for name, rows in personal_data.counts(person).items()]


class AddressForm(VerbForm):
    """Whom it is about. `seen` is the address whose counts were shown: another one is previewed first."""

    email = forms.EmailField(
        label=_("e-mail"),
        max_length=254,
        help_text=_(
            "Make sure that whoever asks is that person: answer to this address and wait for the reply."
        ),
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=254, required=False)


class ConfirmForm(VerbForm):
    """Nothing to fill in: only to confirm."""


@admin.register(ErasureRequest)
class ErasureRequestAdmin(HistoryAdmin[ErasureRequest]):
    """Requests for erasure (without names): their progress, and what postpones them."""

    list_display = ["created_at", "status_label", "origin", "hindered", "next_try_at", "done_at"]
    list_filter = [("status", ChoicesDropdownFilter), "origin"]
    date_hierarchy = "created_at"
    fields = [("status", "origin"), "hindered", "through", ("created_at", "next_try_at", "done_at")]
    readonly_fields = ["hindered", "through", "created_at"]
    actions_list = ["erase_somebody"]
    actions_detail = ["keep"]

    @display(
        description=_("status"),
        ordering="status",
        label={
            "requested": "info",
            "confirmed": "info",
            "postponed": "warning",
            "erasing": "info",
            "telling": "info",
            "done": "success",
            "cancelled": "default",
        },
    )
    def status_label(self, request: ErasureRequest) -> tuple[str, str]:
        return request.status, request.get_status_display()

    @display(description=_("what postpones it"))
    def hindered(self, request: ErasureRequest) -> str:
        return " ".join(request.obstacles) or "—"

    @display(description=_("rows changed so far"))
    def through(self, request: ErasureRequest) -> str:
        return ", ".join(f"{name} {rows}" for name, rows in request.steps.items()) or "—"

    def get_urls(self) -> list[URLPattern]:
        erase = path(
            "erase/", self.admin_site.admin_view(self.erase_view), name="accounts_erasurerequest_erase"
        )
        return [erase, *super().get_urls()]

    def has_erase_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("accounts.add_erasurerequest")

    @action(description=_("Erase somebody"), url_path="begin", icon="person_remove", permissions=["erase"])
    def erase_somebody(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the form."""
        return self.erase_view(request)

    def erase_view(self, request: HttpRequest) -> HttpResponse:
        """Show the counts of an address's data; submitted a second time, start the erasure."""
        require(request, "accounts.add_erasurerequest")
        form = AddressForm(request.POST or None)
        back = reverse("admin:accounts_erasurerequest_changelist")
        if request.method != "POST" or not form.is_valid():
            return self._form(request, form, back)
        email = form.cleaned_data["email"].strip().lower()
        if form.cleaned_data["seen"] != email:
            return self._preview(request, email, form, back)
        if run_verb(
            request,
            form=form,
            scope="erasure",
            verb=lambda _data: erasure.order(email, actor=actor(request), language=settings.LANGUAGE_CODE),
            refusals={
                erasure.AlreadyAsked: lambda _error: (None, gettext("It is under way already.")),
                erasure.StaffAccount: lambda _error: (
                    None,
                    gettext("This is an account of the staff: somebody must take its rights away first."),
                ),
            },
        ):
            return done(request, gettext("The erasure begins; how far it is stands below."), back)
        return self._preview(request, email, form, back)

    def _form(self, request: HttpRequest, form: AddressForm, back: str) -> HttpResponse:
        return form_page(
            request,
            self,
            form,
            title=gettext("Erase somebody"),
            button=gettext("Look what there is"),
            back=back,
            lead=gettext("Accounts and guests alike. First you see what there is; nothing is erased yet."),
            extra={"form_action": reverse("admin:accounts_erasurerequest_erase")},
        )

    def _preview(self, request: HttpRequest, email: str, form: AddressForm, back: str) -> HttpResponse:
        """Show the counts above the button that erases."""
        person = person_at(email)
        again = AddressForm(initial={"email": email, "seen": email})
        again.fields["email"].widget = forms.HiddenInput()
        response = form_page(
            request,
            self,
            again,
            title=gettext("Erase for good?"),
            subtitle=email,
            button=gettext("Erase"),
            back=back,
            is_danger=True,
            extra={
                "wide_template": "admin/accounts/erasure_preview.html",
                "counts": _counted(person),
                "has_account": person.user_id is not None,
                "obstacles": personal_data.obstacles(person),
                "refusals": form.non_field_errors(),
                "form_action": reverse("admin:accounts_erasurerequest_erase"),
            },
        )
        if isinstance(response, TemplateResponse) and form.errors:
            response.status_code = 422
        return response

    @action(description=_("Give it up"), url_path="keep", icon="undo", permissions=["erase"])
    def keep(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Cancel an erasure that has not begun."""
        asked = row(ErasureRequest.objects.all(), object_id)
        back = reverse("admin:accounts_erasurerequest_change", args=[asked.pk])
        form = ConfirmForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            if erasure.cancel(asked, actor=actor(request)):
                return done(request, gettext("The erasure was given up."), back)
            form.add_error(None, gettext("It has begun already, or it is over."))
        return form_page(
            request,
            self,
            form,
            title=gettext("Give this erasure up?"),
            button=gettext("Give it up"),
            back=back,
        )
