"""Forms of the back office that call one verb once, and the pages around them."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeVar, cast
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.db import models
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from shop.core.backoffice.act_fingerprint import ChangedMeanwhile, ShownRows, Shows
from shop.core.idempotency import once
from shop.core.user_input.fields import NumberInput

Row = TypeVar("Row", bound=models.Model)
# A model admin of any model: a page of the back office is rendered with it.
AnyAdmin = ModelAdmin[Any]
# What a verb raises: the field beside which the form shows it (None: above), and the sentence.
Refusals = Mapping[type[Exception], Callable[[Any], tuple[str | None, str]]]


CHANGED_MEANWHILE: Final = gettext_lazy(
    "Nothing is done yet: somebody else has changed this since the page was opened. It stands here as it is now; send "
    "again if you still want it."
)


CHANGED_SAYS_NOW: Final = gettext_lazy(
    "Nothing is done yet: somebody else has changed this since the page was opened. It says now: %s. Send again to "
    "have it your way."
)


class VerbForm(forms.Form):
    """A form of the back office which calls one verb. `token` makes sending it twice act once."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._dressed: set[str] = set()
        super().__init__(*args, **kwargs)
        self.fields["token"].initial = uuid4().hex
        for name in self.fields:
            self._dress(name)
        self.shows: Shows | None = None
        self._current_text: Callable[[], str] | None = None

    def __getitem__(self, name: str) -> forms.BoundField:
        """Return a field as it is shown; one that a form adds for each of its rows gets the same styles."""
        if name in self.fields and name not in self._dressed:
            self._dress(name)
        return super().__getitem__(name)

    def _dress(self, name: str) -> None:
        field = self.fields[name]
        field.widget = _dressed(field)
        field.label = capfirst(field.label) if field.label else field.label
        self._dressed.add(name)

    def compare(
        self,
        subject: str,
        shown_rows: ShownRows,
        *,
        may_shrink: bool = False,
        now: Callable[[], str] | None = None,
    ) -> None:
        """Have `run_verb` act only on what the page showed of these rows: `subject` names the act and its row.

        `may_shrink`: rows that are gone by then are skipped; else that is a change like any other. `now` returns their
        present state in words where the page shown again does not show it.
        """
        self.shows, self._current_text = Shows(subject, shown_rows, may_shrink=may_shrink), now
        self.fields[Shows.FIELD] = forms.CharField(
            widget=forms.HiddenInput, required=False, initial=self.shows.signed
        )

    def touched(self, before: Mapping[str, str]) -> Collection[str] | None:
        """Return the keys of the rows which the sent form would change; None for all that were shown (`before`)."""
        return None

    def demand_as_shown(self) -> None:
        """Lock what the form acts on and compare it with what was shown (`Shows.demand`)."""
        if self.shows:
            before = self.shows.read(self.cleaned_data.get(Shows.FIELD))
            self.shows.demand(before, touched=self.touched(before))

    @property
    def as_shown(self) -> list[str]:
        """Return the keys of the rows that the verb may act on, while it is called."""
        return self.shows.keys if self.shows else []

    def show_anew(self) -> None:
        """Add an error to the form shown again: it now shows the rows' present state."""
        if self.shows:
            data = cast(QueryDict, self.data).copy()
            data[Shows.FIELD] = self.shows.signed()
            self.data = data
            describe = self._current_text() if self._current_text else ""
            self.add_error(None, CHANGED_SAYS_NOW % describe if describe else CHANGED_MEANWHILE)


_TEMPLATES: Final = TemplatesSetting()


class FileInput(forms.FileInput):
    """A file input with a place of its own for the name of what was chosen, which would go into another field."""

    template_name = "admin/file_input.html"

    def render(
        self, name: str, value: object, attrs: dict[str, object] | None = None, renderer: object = None
    ) -> SafeString:
        """Render from the project's templates, which Django's own form renderer does not search."""
        return super().render(name, value, attrs, _TEMPLATES)


def _dressed(field: forms.Field) -> forms.Widget:
    """Return the field's widget with the back office's styles."""
    attrs = dict(field.widget.attrs)
    dressed: forms.Widget | None = None
    if isinstance(field, forms.ModelChoiceField | forms.ChoiceField):
        select = dressed = UnfoldAdminSelectWidget(attrs=attrs)
        select.choices = field.choices  # type: ignore[assignment]  # Whatever a field takes, its widget takes.
    elif isinstance(field.widget, NumberInput):
        field.widget.attrs["class"] = UnfoldAdminDecimalFieldWidget().attrs["class"]
    elif isinstance(field.widget, forms.Textarea):
        # Django's own ten rows are more than anybody types here.
        rows = 3 if attrs.get("rows") == "10" else attrs.get("rows", 3)
        dressed = UnfoldAdminTextareaWidget(attrs={**attrs, "rows": rows})
    elif type(field.widget) is forms.TextInput:
        dressed = UnfoldAdminTextInputWidget(attrs=attrs)
    elif type(field.widget) is forms.ClearableFileInput:
        dressed = FileInput(attrs=attrs)
    if dressed is None:
        plain: forms.Widget = field.widget
        return plain
    dressed.is_required = field.required
    return dressed


def run_verb(
    request: HttpRequest,
    *,
    form: VerbForm,
    scope: str,
    verb: Callable[[dict[str, Any]], object],
    refusals: Refusals,
) -> bool:
    """Call `verb` with the clean data of a bound, valid form, once per token; return whether the form is finished.

    `refusals` turns the verb's own exceptions into (field, words) beside the field; the form is shown again, also when
    what it acts on is no longer as it showed it (`VerbForm.compare`).
    """
    data = {name: value for name, value in form.cleaned_data.items() if name not in {"token", Shows.FIELD}}

    def act() -> object:
        form.demand_as_shown()
        return verb(data)

    try:
        _result, fresh = once(scope, form.cleaned_data["token"], act)
    except ChangedMeanwhile:
        form.show_anew()
        return False
    except tuple(refusals) as error:
        tell = next(words for kind, words in refusals.items() if isinstance(error, kind))
        form.add_error(*tell(error))
        return False
    if not fresh:
        messages.info(request, _("This form was sent before; it acted once."))
    return True


def form_page(
    request: HttpRequest,
    model_admin: AnyAdmin,
    form: VerbForm,
    *,
    title: str,
    button: str,
    back: str,
    lead: str = "",
    subtitle: str = "",
    is_danger: bool = False,
    extra: Mapping[str, object] | None = None,
) -> HttpResponse:
    """Show a verb's form in the back office's layout (422 with errors)."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "subtitle": subtitle,
        "lead": lead,
        "form": form,
        "button": button,
        "back": back,
        "is_danger": is_danger,
        "opts": model_admin.model._meta,
        **(extra or {}),
    }
    status = 422 if form.is_bound and not form.is_valid() else 200
    return TemplateResponse(request, "admin/verb_form.html", context, status=status)


class ConfirmForm(VerbForm):
    """Nothing to fill in: only to confirm."""


def ask(
    model_admin: AnyAdmin,
    request: HttpRequest,
    chosen: "models.QuerySet[Row]",
    form: VerbForm,
    *,
    action: str,
    title: str,
    lead: str,
    button: str,
    is_danger: bool = False,
    describe: Callable[[Row], str] | None = None,
    shown_before: str = "",
) -> HttpResponse:
    """Show what a bulk action would act on, and ask; the form submits to the same action with `apply`.

    `told` has for each row what the action would overwrite; `shown_before`, signed, that it was shown, where the form
    itself does not say so (`VerbForm.compare`).
    """
    count = chosen.count()
    rows = [(item, describe(item) if describe else "") for item in chosen[:20]]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "lead": lead,
        "button": button,
        "form": form,
        "is_danger": is_danger,
        "opts": model_admin.model._meta,
        "count": count,
        "chosen": rows,
        "bulk_action": action,
        "keys": request.POST.getlist("_selected_action"),
        "across": request.POST.get("select_across", "0"),
        "back": request.get_full_path(),
        "shown": shown_before,
    }
    status = 422 if form.is_bound else 200
    return TemplateResponse(request, "admin/bulk.html", context, status=status)


def done(request: HttpRequest, words: str, back: str) -> HttpResponse:
    """Show a message of what was done and redirect back."""
    messages.success(request, words)
    return redirect(back)
