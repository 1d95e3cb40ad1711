from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from typing_extensions import TypeVar
from unfold.dataclasses import UnfoldAction

_M = TypeVar("_M", bound=Model, default=Model)
_P = TypeVar("_P", bound=Model, default=Model)

class ModelAdmin(admin.ModelAdmin[_M]):
    ordering_field: str | None
    hide_ordering_field: bool
    list_filter_submit: bool
    list_filter_sheet: bool
    list_fullwidth: bool
    list_disable_select_all: bool
    list_before_template: str | None
    list_after_template: str | None
    change_form_before_template: str | None
    change_form_after_template: str | None
    change_form_outer_before_template: str | None
    change_form_outer_after_template: str | None
    compressed_fields: bool
    show_add_link: bool
    warn_unsaved_form: bool
    actions_list: Sequence[str | dict[str, Any]]
    actions_list_hide_default: bool
    actions_row: Sequence[str | dict[str, Any]]
    actions_detail: Sequence[str | dict[str, Any]]
    actions_detail_hide_default: bool
    actions_submit_line: Sequence[str | dict[str, Any]]
    # Django's own, which its stubs leave out.
    def _changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None,
        form_url: str,
        extra_context: dict[str, object] | None,
    ) -> HttpResponse: ...
    def _delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, object] | None
    ) -> HttpResponse: ...
    def get_actions_list(self, request: HttpRequest) -> list[UnfoldAction]: ...
    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[UnfoldAction]: ...
    def get_actions_row(self, request: HttpRequest) -> list[UnfoldAction]: ...
    def get_actions_submit_line(self, request: HttpRequest, object_id: int | str) -> list[UnfoldAction]: ...

class _Inline:
    ordering_field: str | None
    per_page: int | None
    hide_ordering_field: bool
    collapsible: bool
    show_count: bool
    hide_title: bool
    tab: bool

class TabularInline(_Inline, admin.TabularInline[_M, _P]): ...
class StackedInline(_Inline, admin.StackedInline[_M, _P]): ...
