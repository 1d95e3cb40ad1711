"""What every page of the back office shares: dense lists, read-only history, inline rows."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Protocol, TypeVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.contenttypes.models import ContentType
from django.contrib.contenttypes.views import shortcut
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.dataclasses import UnfoldAction
from unfold.decorators import display
from unfold.overrides import FORMFIELD_OVERRIDES_INLINE

from shop.core.audit import actors
from shop.core.audit.timeline import link
from shop.core.backoffice.changelists import ReadableLists, is_plain_filter, may_contain
from shop.core.backoffice.command_palette import Findable
from shop.core.backoffice.date_links import DatedList
from shop.core.backoffice.deletion import Deletions
from shop.core.backoffice.inline_pages import PagedInline
from shop.core.backoffice.lost_updates import Guarded, GuardedInline
from shop.core.backoffice.search import FoldedSearch
from shop.core.user_input.fields import WholeField
from shop.core.user_input.moments import MomentField, MomentWidget

M = TypeVar("M", bound=models.Model)


class Counted(Protocol):
    """A row of a list that was read with a `number` of something (`Count`)."""

    number: int


class Acted(Protocol):
    """A row that names who acted."""

    actor: str


Row = TypeVar("Row", bound=models.Model)
# Columns whose value gives access to something, or is encrypted.
_SECRET_FIELDS: Final = {
    "token",
    "secret",
    "sealed",
    "sealed_before",
    "password",
    "code_digest",
    "digest",
    "session_key",
    "redirect_url",
    "voucher_url",
}


def actor(request: HttpRequest) -> str:
    """Return the actor text of the signed-in user: `staff:<e-mail>`."""
    return actors.of_staff(request)


# Counts and moments are typed as people write them; amounts are `ModelMoneyField` and bring their own form field.
Overrides = Mapping[type[models.Field[Any, Any]], Mapping[str, Any]]
NUMBERS: Overrides = {
    models.IntegerField: {"form_class": WholeField},
    models.BigIntegerField: {"form_class": WholeField},
    models.DateTimeField: {"form_class": MomentField, "widget": MomentWidget},
}


def _inline_numbers() -> Overrides:
    return {kind: {**FORMFIELD_OVERRIDES_INLINE[kind], **extra} for kind, extra in NUMBERS.items()}


def has_secret_page(model: type[models.Model]) -> bool:
    """Return whether the URL of a row's own page is secret: an order's, a place in a waiting list."""
    return any(field.name in _SECRET_FIELDS for field in model._meta.concrete_fields)


def view_on_site(request: HttpRequest, content_type_id: str, object_id: str) -> HttpResponse:
    """Redirect from a row of the back office to its public page: for users who may see it, unless it is secret."""
    kind = row(ContentType.objects.all(), content_type_id)
    model = kind.model_class()
    registered = admin.site._registry.get(model) if model else None
    if model is None or registered is None or has_secret_page(model):
        raise Http404
    if not registered.has_view_permission(request):
        raise PermissionDenied
    return shortcut(request, kind.pk, object_id)


class BackOfficeAdmin(
    ReadableLists[M], FoldedSearch[M], Findable[M], Guarded[M], Deletions[M], ModelAdmin[M]
):
    """A dense list: wide, counted once, fifty rows to a page."""

    formfield_overrides: ClassVar[Overrides] = NUMBERS
    list_per_page = 50
    show_full_result_count = False
    list_fullwidth = True
    list_filter_submit = False
    warn_unsaved_form = True
    compressed_fields = True
    show_facets = admin.ShowFacets.NEVER  # Counting what each filter would find costs a query per filter.

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the list whose links to days read the first and the last row, and not all of them."""
        return DatedList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse filters on secrets: `?token__startswith=a` would reveal one letter by letter."""
        parts = set(lookup.split("__"))
        if parts & _SECRET_FIELDS or not is_plain_filter(self.model, lookup):
            return False
        return super().lookup_allowed(lookup, value, request)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        """Return the initial values from the query of an empty form, without values that its fields cannot have."""
        describe = super().get_changeform_initial_data(request)
        return {name: value for name, value in describe.items() if may_contain(self.model, name, value)}

    def page_context(self, request: HttpRequest, key: UUID) -> dict[str, object]:
        """Return what a row's page shows beside its fields; nothing, or less, for a key of no row."""
        return {}

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Show the row with what `page_context` tells of it."""
        try:
            key = UUID(object_id)
        except ValueError:
            # Django answers a key that is none, or another kind of key, by itself.
            return super().change_view(request, object_id, form_url, extra_context)
        own = self.page_context(request, key)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **own})

    def get_view_on_site_url(self, obj: M | None = None) -> str | None:
        """Offer the public page of a row, unless its URL is secret."""
        return None if has_secret_page(self.model) else super().get_view_on_site_url(obj)

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Label slug fields by their purpose, not "slug"."""
        if db_field.name == "slug":
            kwargs.setdefault("label", gettext_lazy("Address in the shop"))
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: M, form: forms.ModelForm[M], change: bool) -> None:
        """Of an existing row, write only what the form has changed.

        The row was read before the form was validated. Saving it whole would overwrite concurrent changes (units
        reserved, uses counted, a new state).
        """
        columns = [field for field in obj._meta.concrete_fields if not field.primary_key]
        clocks = {field.name for field in columns if getattr(field, "auto_now", False)}
        changed = {field.name for field in columns} & {*form.changed_data, *clocks}
        obj.save(update_fields=changed if change else None)

    @display(description=gettext_lazy("actor"), ordering="actor")
    def acted_by(self, row: Acted) -> str:
        return actors.label(row.actor)

    def makes_sense(self, act: str, obj: M) -> bool:
        """Return whether a row offers this action (last part of its URL) now, on its page and in the list's menu.

        The verb itself still decides.
        """
        return True

    def empty_words(self, cl: ChangeList) -> str:
        """Return the text of an empty list (a ChangeList) about what it would show; "" for the usual text."""
        return ""

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[UnfoldAction]:
        """Return the actions that the row's page offers: those that are allowed, and possible in its state."""
        acts = super().get_actions_detail(request, object_id)
        if not acts or type(self).makes_sense is BackOfficeAdmin.makes_sense:
            return acts
        obj = self.get_object(request, str(object_id))
        return acts if obj is None else [one for one in acts if self.makes_sense(one.path, obj)]


class ReadOnlyMixin:
    """Nothing is added, changed or deleted by hand."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class HistoryAdmin(ReadOnlyMixin, BackOfficeAdmin[M]):
    """A model whose rows are history: searched and read only."""


class ActorMixin(ModelAdmin[M]):
    """For models with an `actor`: `acted_by` shows customers by their address, which no row keeps."""

    def get_queryset(self, request: HttpRequest) -> "models.QuerySet[M]":
        return actors.with_addresses(super().get_queryset(request))

    @display(description=gettext_lazy("actor"), ordering="actor")
    def acted_by(self, row: object) -> str:
        return actors.of_row(row)


class BackOfficeInline(GuardedInline[M], PagedInline[M], TabularInline[M, models.Model]):
    """Rows below the row they belong to, as a table."""

    formfield_overrides: ClassVar[Overrides] = {**FORMFIELD_OVERRIDES_INLINE, **_inline_numbers()}


class StackedBackOfficeInline(GuardedInline[M], PagedInline[M], StackedInline[M, models.Model]):
    """Rows below the row they belong to, one below another."""

    formfield_overrides = BackOfficeInline.formfield_overrides


class HistoryInline(ReadOnlyMixin, PagedInline[M], TabularInline[M, models.Model]):
    """Rows of history below the row they belong to."""

    extra = 0
    can_delete = False
    show_change_link = True

    @display(description=gettext_lazy("actor"))
    def acted_by(self, row: Acted) -> str:
        return actors.label(row.actor)


def require(request: HttpRequest, *permissions: str) -> None:
    """Refuse (403) whoever lacks one of the permissions (`payments.add_refund`)."""
    if not all(request.user.has_perm(permission) for permission in permissions):
        raise PermissionDenied


def row(rows: "models.QuerySet[Row]", key: object) -> Row:
    """Return the row of this key; 404 when there is none, or the key is malformed."""
    try:
        return rows.get(pk=key)
    except (ObjectDoesNotExist, ValidationError, ValueError):
        raise Http404 from None


def foreign(model: str, obj: models.Model | None, words: str | None = None) -> str:
    """Return a link to another row's page, or a dash."""
    if obj is None:
        return "—"
    return format_html('<a href="{}">{}</a>', link(model, obj.pk), words or str(obj))


def pretty(value: object) -> str:
    """Return JSON for people: indented and escaped."""
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, default=str)
    return format_html('<pre class="bo-json">{}</pre>', text)
