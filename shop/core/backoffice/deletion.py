"""What prevents a deletion, in one sentence with counts instead of hundreds of rows."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

from django.contrib import messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.utils import NestedObjects, unquote
from django.db import models, router, transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from shop.core.backoffice import deleted_rows, form_fingerprint

M = TypeVar("M", bound=models.Model)
_Usage = Counter[type[models.Model]]
# As Django stores the actions of a list: function, name and label.
Actions = dict[str, tuple[Callable[..., str], str, str] | None]


def usage(rows: Iterable[models.Model]) -> list[str]:
    """Return what uses these rows and prevents deleting them, by kind: `240 variants`, `12 pictures`.

    Rows that refer to them are counted, not loaded. What protects rows that would be deleted with them is found by
    Django.
    """
    wanted = list(rows)
    found: _Usage = Counter()
    for model in {type(row) for row in wanted}:
        own = [row for row in wanted if type(row) is model]
        for relation in model._meta.related_objects:
            if getattr(relation, "on_delete", None) in {models.PROTECT, models.RESTRICT}:
                users = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": own})
                found[_represented_by(relation.related_model)] += users.count()
    if not +found and wanted:
        collector = NestedObjects(using=router.db_for_write(type(wanted[0])), origin=wanted)
        collector.collect(wanted)
        found.update(_represented_by(type(row)) for row in collector.protected)
    return [in_words(model, count) for model, count in found.most_common() if count]


def _represented_by(model: type[models.Model]) -> type[models.Model]:
    """Return the model by which the rows are counted (`counted_as` of a joining row)."""
    name = getattr(model, "counted_as", "")
    return model._meta.get_field(name).related_model if name else model  # type: ignore[return-value]


def in_words(model: type[models.Model], count: int) -> str:
    """Return `1 product` or `12 products`."""
    return f"{count} {model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural}"


def refusal(what: object, used_by: list[str]) -> str:
    """Return the sentence that says why something cannot be deleted."""
    words = {"what": what, "users": listed(used_by)}
    return _("%(what)s cannot be deleted: it is in use by %(users)s.") % words


def listed(parts: list[str]) -> str:
    """Return the parts as an enumeration: `a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return _("%(some)s and %(last)s") % {"some": ", ".join(parts[:-1]), "last": parts[-1]}


class Deletions(ModelAdmin[M]):
    """A model admin that shows in one sentence what prevents a deletion, and deletes only what was shown.

    When somebody has changed the row since it was shown, it is shown again.
    """

    delete_confirmation_template = "admin/deleting.html"
    delete_selected_confirmation_template = "admin/deleting.html"

    def goes_along(self, rows: Sequence[M]) -> Sequence[models.Model]:
        """Return the rows whose use is checked: these, and those that are deleted with them without a foreign key."""
        return rows

    def get_deleted_objects(
        self, objs: Sequence[M] | models.QuerySet[M], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Return what is deleted along; when something is in use, only by what (whatever the user's permissions)."""
        used_by = usage(self.goes_along(list(objs)))
        if used_by:
            return [], {}, set(), used_by
        return super().get_deleted_objects(objs, request)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: object, object_id: str
    ) -> HttpResponse:
        """Show who deleted the row and what was typed; Django shows only its key and redirects to the index."""
        return deleted_rows.answer(request, self, object_id)

    def _delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, object] | None
    ) -> HttpResponse:
        """Delete what was shown; show it again when it has changed since, or is now in use."""
        view = super()._delete_view
        if request.method == "POST":
            row = self.get_object(request, unquote(object_id))
            if row is not None and self.has_delete_permission(request, row):
                if not _was_shown(request, [row]):
                    return view(_asked_again(request), object_id, extra_context)
                try:
                    with transaction.atomic():
                        return view(request, object_id, extra_context)
                except models.ProtectedError:
                    return view(_asked_again(request), object_id, extra_context)
        return view(request, object_id, extra_context)

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        """Show the confirmation page with the fingerprint of the row."""
        row = context["object"]
        more = {"shown": _shown([row]), "refusal": refusal(f"«{row}»", list(context["protected"]))}
        return super().render_delete_form(request, {**context, **more})

    def get_actions(self, request: HttpRequest) -> Actions:
        """Return the list's actions; deleting compares the rows with what was shown."""
        actions = super().get_actions(request)
        if found := actions.get("delete_selected"):
            actions["delete_selected"] = (cast("Callable[..., str]", _delete_selected), *found[1:])
        return actions


def _delete_selected(
    model_admin: ModelAdmin[M], request: HttpRequest, queryset: models.QuerySet[M]
) -> TemplateResponse | None:
    """Delete the chosen rows as they were shown, all or none."""
    rows = list(queryset)
    if request.POST.get("post") and not _was_shown(request, rows):
        request = _asked_again(request, keep=True)
    try:
        with transaction.atomic():
            answer = delete_selected(model_admin, request, queryset)
    except models.ProtectedError:
        answer = delete_selected(model_admin, _asked_again(request, keep=True), queryset)
    if answer is not None:
        data = answer.context_data or {}
        data |= {"shown": _shown(rows), "refusal": refusal(data["objects_name"], list(data["protected"]))}
    return answer


def _prints(rows: Sequence[models.Model]) -> dict[str, str]:
    return {str(row.pk): form_fingerprint.of_row(row) for row in rows}


def _shown(rows: Sequence[models.Model]) -> str:
    return form_fingerprint.sign(_prints(rows), "deletion")


def _was_shown(request: HttpRequest, rows: Sequence[models.Model]) -> bool:
    return form_fingerprint.read(request.POST.get(form_fingerprint.FIELD), "deletion") == _prints(rows)


def _asked_again(request: HttpRequest, *, keep: bool = False) -> HttpRequest:
    """Return the request without its confirmation, so that the page asks again."""
    messages.warning(
        request, _("This has been changed since you looked at it. Nothing is deleted yet: look again.")
    )
    data = request.POST.copy()
    data.pop("post", None)
    if not keep:
        data.clear()
        request.method = "GET"
    request.POST = data  # type: ignore[assignment]
    return request
