"""What every page of the back office shares: dense lists, sacred history, and forms that call one verb once."""

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeVar, cast
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.contrib.contenttypes.models import ContentType
from django.contrib.contenttypes.views import shortcut
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.decorators import display
from unfold.overrides import FORMFIELD_OVERRIDES_INLINE
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from shop.core.audit import actors
from shop.core.audit.timeline import link
from shop.core.backoffice.act_fingerprint import ChangedMeanwhile, Look, Shows
from shop.core.backoffice.changelists import ReadableLists, is_plain_filter, may_hold
from shop.core.backoffice.command_palette import Findable
from shop.core.backoffice.deletion import Deletions
from shop.core.backoffice.inline_pages import PagedInline
from shop.core.backoffice.lost_updates import Guarded, GuardedInline
from shop.core.backoffice.search import FoldedSearch
from shop.core.idempotency import once
from shop.core.user_input.fields import NumberInput, WholeField
from shop.core.user_input.moments import MomentField, MomentWidget

Row = TypeVar("Row", bound=models.Model)
# Columns that open something to whoever knows them, or hold what is sealed.
_SECRET_FIELDS: Final = {
    "token",
    "secret",
    "sealed",
    "password",
    "code_digest",
    "digest",
    "session_key",
    "redirect_url",
    "voucher_url",
}


CHANGED_MEANWHILE: Final = gettext_lazy(
    "Nothing is done yet: somebody else has changed this since the page was opened. It stands here as it is now; send "
    "again if you still want it."
)
CHANGED_SAYS_NOW: Final = gettext_lazy(
    "Nothing is done yet: somebody else has changed this since the page was opened. It says now: %s. Send again to "
    "have it your way."
)


def actor(request: HttpRequest) -> str:
    """Return how the trail names whoever is signed in: `staff:<e-mail>`."""
    return f"staff:{cast(Any, request.user).email}"


# Counts and moments are typed as people write them; amounts are `ModelMoneyField` and bring their own form field.
NUMBERS: dict[Any, dict[str, Any]] = {
    models.IntegerField: {"form_class": WholeField},
    models.BigIntegerField: {"form_class": WholeField},
    models.DateTimeField: {"form_class": MomentField, "widget": MomentWidget},
}


def _inline_numbers() -> dict[Any, dict[str, Any]]:
    return {kind: {**FORMFIELD_OVERRIDES_INLINE[kind], **extra} for kind, extra in NUMBERS.items()}


def has_secret_page(model: type[models.Model]) -> bool:
    """Say whether the address of a row's own page is a secret: an order's, a place in a waiting list."""
    return any(field.name in _SECRET_FIELDS for field in model._meta.concrete_fields)


def view_on_site(request: HttpRequest, content_type_id: str, object_id: str) -> HttpResponse:
    """Lead from a row of the back office to its public page: whoever may see the row, where the page is no secret."""
    kind = row(ContentType.objects.all(), content_type_id)
    model = kind.model_class()
    registered = admin.site._registry.get(cast(Any, model))
    if model is None or registered is None or has_secret_page(model):
        raise Http404
    if not registered.has_view_permission(request):
        raise PermissionDenied
    return cast(HttpResponse, shortcut(request, kind.pk, object_id))


class BackOfficeAdmin(ReadableLists, FoldedSearch, Findable, Guarded, Deletions, ModelAdmin):
    """A list as a clerk likes it: dense, wide, counted once, fifty to a page."""

    formfield_overrides: Any = NUMBERS
    list_per_page = 50
    show_full_result_count = False
    list_fullwidth = True
    list_filter_submit = False
    warn_unsaved_form = True
    compressed_fields = True
    show_facets = admin.ShowFacets.NEVER  # Counting what each filter would find costs a query per filter.

    def lookup_allowed(self, lookup: str, value: Any, request: Any) -> bool:
        """Refuse filters on what opens something: `?token__startswith=a` would spell it out letter by letter."""
        parts = set(lookup.split("__"))
        if parts & _SECRET_FIELDS or not is_plain_filter(self.model, lookup):
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the address of an empty form fills in, without what its fields can never hold."""
        told = cast("dict[str, Any]", super().get_changeform_initial_data(request))
        return {name: value for name, value in told.items() if may_hold(self.model, name, value)}

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """Offer the public page of a row, unless its address opens something to whoever holds it."""
        return None if has_secret_page(self.model) else cast("str | None", super().get_view_on_site_url(obj))

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Call the part of an address that names a row by what it is for, not "slug"."""
        if db_field.name == "slug":
            kwargs.setdefault("label", gettext_lazy("Address in the shop"))
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write of a row that was there what the form has changed, and nothing beside.

        The row was read before the form was judged. What the shop wrote meanwhile (units held, uses counted, a state
        moved on) would be written back as it was, if the row were saved whole.
        """
        columns = [field for field in obj._meta.concrete_fields if not field.primary_key]
        clocks = {field.name for field in columns if getattr(field, "auto_now", False)}
        changed = {field.name for field in columns} & {*form.changed_data, *clocks}
        obj.save(update_fields=changed if change else None)

    @display(description=gettext_lazy("actor"), ordering="actor")
    def acted_by(self, row: Any) -> str:
        return actors.told(row.actor)

    def makes_sense(self, act: str, obj: Any) -> bool:
        """Say whether a row offers this act (the last part of its address) now, on its page and in the list's menu.

        The verb itself still judges.
        """
        return True

    def empty_words(self, cl: Any) -> str:
        """Return what an empty list (a ChangeList) says of what would stand in it; "" for the usual words."""
        return ""

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Return the acts that the row's page offers: those that are allowed, and make sense as the row stands."""
        acts: list[Any] = super().get_actions_detail(request, object_id)
        if not acts or type(self).makes_sense is BackOfficeAdmin.makes_sense:
            return acts
        obj = self.get_object(request, str(object_id))
        return acts if obj is None else [one for one in acts if self.makes_sense(one.path, obj)]


class ReadOnlyMixin:
    """Nothing is added, changed or deleted by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class HistoryAdmin(ReadOnlyMixin, BackOfficeAdmin):
    """A model whose rows are history: searched and read."""


class ActorMixin:
    """For models with an `actor`: `acted_by` shows customers by their address, which no row keeps."""

    def get_queryset(self, request: HttpRequest) -> "models.QuerySet[Any]":
        return actors.with_addresses(cast(Any, super()).get_queryset(request))

    @display(description=gettext_lazy("actor"), ordering="actor")
    def acted_by(self, row: models.Model) -> str:
        return actors.of_row(row)


class BackOfficeInline(GuardedInline, PagedInline, TabularInline):
    """Rows below the row they belong to, as a table."""

    formfield_overrides = {**FORMFIELD_OVERRIDES_INLINE, **_inline_numbers()}


class StackedBackOfficeInline(GuardedInline, PagedInline, StackedInline):
    """Rows below the row they belong to, one below another."""

    formfield_overrides = BackOfficeInline.formfield_overrides


class HistoryInline(ReadOnlyMixin, PagedInline, TabularInline):
    """Rows of history below the row they belong to."""

    extra = 0
    can_delete = False
    show_change_link = True

    @display(description=gettext_lazy("actor"))
    def acted_by(self, row: Any) -> str:
        return actors.told(row.actor)


class VerbForm(forms.Form):
    """A form of the back office which calls one verb. `token` makes sending it twice act once."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["token"].initial = uuid4().hex
        for field in self.fields.values():
            field.widget = _dressed(field)
            field.label = capfirst(field.label) if field.label else field.label
        self.shows: Shows | None = None
        self._now_in_words: Callable[[], str] | None = None

    def compare(
        self, subject: str, look: Look, *, may_shrink: bool = False, now: Callable[[], str] | None = None
    ) -> None:
        """Have `run_verb` act only on what the page showed of these rows: `subject` names the act and its row.

        `may_shrink`: rows that are gone by then are passed over; else that is a change like any other. `now` says how
        they stand now where the page that comes back does not.
        """
        self.shows, self._now_in_words = Shows(subject, look, may_shrink=may_shrink), now
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
        """Let the form, which comes back, say that it shows the rows as they are now."""
        if self.shows:
            data = cast(Any, self.data).copy()
            data[Shows.FIELD] = self.shows.signed()
            self.data = data
            told = self._now_in_words() if self._now_in_words else ""
            self.add_error(None, CHANGED_SAYS_NOW % told if told else CHANGED_MEANWHILE)


def _dressed(field: forms.Field) -> forms.Widget:
    """Return the field's widget in the back office's clothes."""
    attrs = dict(field.widget.attrs)
    dressed: Any = None
    if isinstance(field, forms.ModelChoiceField | forms.ChoiceField):
        dressed = UnfoldAdminSelectWidget(attrs=attrs)
        dressed.choices = field.choices
    elif isinstance(field.widget, NumberInput):
        field.widget.attrs["class"] = UnfoldAdminDecimalFieldWidget().attrs["class"]
    elif isinstance(field.widget, forms.Textarea):
        dressed = UnfoldAdminTextareaWidget(attrs={"rows": 2, **attrs})
    elif type(field.widget) is forms.TextInput:
        dressed = UnfoldAdminTextInputWidget(attrs=attrs)
    if dressed is None:
        return field.widget
    dressed.is_required = field.required
    widget: forms.Widget = dressed
    return widget


def run_verb(
    request: HttpRequest,
    *,
    form: VerbForm,
    scope: str,
    verb: Callable[[dict[str, Any]], Any],
    refusals: dict[type[Exception], Callable[[Any], tuple[str | None, str]]],
) -> bool:
    """Call `verb` with the clean data of a bound, valid form, once per token; say whether the form is done with.

    `refusals` turns the verb's own exceptions into (field, words) beside the field; the form is shown again, also when
    what it acts on is no longer as it showed it (`VerbForm.compare`).
    """
    data = {name: value for name, value in form.cleaned_data.items() if name not in {"token", Shows.FIELD}}

    def act() -> Any:
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
    model_admin: ModelAdmin,
    form: VerbForm,
    *,
    title: str,
    button: str,
    back: str,
    lead: str = "",
    subtitle: str = "",
    is_danger: bool = False,
    extra: dict[str, Any] | None = None,
) -> HttpResponse:
    """Show a verb's form in the back office's frame (422 with errors)."""
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
    model_admin: Any,
    request: HttpRequest,
    chosen: "models.QuerySet[Any]",
    form: VerbForm,
    *,
    action: str,
    title: str,
    lead: str,
    button: str,
    is_danger: bool = False,
    told: Callable[[Any], str] | None = None,
    shown_before: str = "",
) -> HttpResponse:
    """Show what a bulk action would act on, and ask; the form comes back to the same action with `apply`.

    `told` says of each row what the act would overwrite; `shown_before`, signed, that it was shown, where the form
    itself does not say so (`VerbForm.compare`).
    """
    count = chosen.count()
    rows = [(item, told(item) if told else "") for item in chosen[:20]]
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


def require(request: HttpRequest, *permissions: str) -> None:
    """Refuse (403) whoever lacks one of the permissions (`payments.add_refund`)."""
    if not all(cast(Any, request.user).has_perm(permission) for permission in permissions):
        raise PermissionDenied


def row(rows: "models.QuerySet[Row]", key: object) -> Row:
    """Return the row of this key; 404 when there is none, or when the key is none."""
    try:
        return rows.get(pk=key)
    except (ObjectDoesNotExist, ValidationError, ValueError):
        raise Http404 from None


def done(request: HttpRequest, words: str, back: str) -> HttpResponse:
    """Say what was done and go back."""
    messages.success(request, words)
    return redirect(back)


def foreign(model: str, obj: models.Model | None, words: str | None = None) -> str:
    """Return a link to another row's page, or a dash."""
    if obj is None:
        return "—"
    return format_html('<a href="{}">{}</a>', link(model, obj.pk), words or str(obj))


def pretty(value: object) -> str:
    """Return JSON for people: indented and escaped."""
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, default=str)
    return format_html('<pre class="bo-json">{}</pre>', text)
