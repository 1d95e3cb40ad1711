"""No lost updates: what a form of the back office did not change keeps what others wrote, and a conflict is shown.

The guard changes the data of a form before Django reads them: what only somebody else changed replaces the old value
which the form still shows, so that every later step (validation, the list of changed fields, the history) sees the
present values. It runs inside the transaction of the save, with the row and the rows of its inlines locked.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.utils.datastructures import MultiValueDict
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from shop.core.backoffice import deletion, form_fingerprint
from shop.core.backoffice.inline_pages import FormSet, foreign_key

M = TypeVar("M", bound=models.Model)
F = TypeVar("F", bound=forms.BaseModelForm[Any])
# What a browser has submitted: texts, or files, by field name.
Formset = type[FormSet[models.Model]]
Sent = MultiValueDict[str, Any]

Prints = form_fingerprint.Prints
# Prefix of the form (None: the row's own form) and name of the field (None: the whole form) → words.
Conflicts = dict[tuple[str | None, str | None], str]


@dataclass
class Merged:
    """The result of bringing a form's data up to date."""

    data: Sent
    files: Sent
    conflicts: Conflicts = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)  # Labels of fields which keep what somebody else wrote.


def subject(row: models.Model) -> str:
    """Return what the fingerprints of a row's form are signed for."""
    return f"{row._meta.label_lower}:{row.pk}"


def locked(model: type[models.Model], keys: Collection[object]) -> None:
    """Lock rows by primary key until the transaction ends (FOR NO KEY UPDATE)."""
    if keys and connection.in_atomic_block:
        rows = model._base_manager.select_for_update(no_key=True, of=("self",)).filter(pk__in=keys)
        list(rows.order_by("pk").values_list("pk", flat=True))


def merge_form(merged: Merged, form: forms.BaseForm, prints: Mapping[str, str], prefix: str | None) -> None:
    """Bring the data of one form up to date; conflicts and kept fields go into `merged`."""
    for name in form_fingerprint.carried(form):
        now = form_fingerprint.fingerprint(form.get_initial_for_field(form.fields[name], name))
        before = prints.get(name)
        if before == now:
            continue
        mine = form_fingerprint.sent(form, name, merged.data, merged.files, prefix)
        if mine == now:
            continue
        if before is not None and mine == before:
            form_fingerprint.put(merged.data, form, name, prefix)
            merged.kept.append(str(form.fields[name].label or name))
        else:
            words = _(
                "Somebody else has changed this meanwhile. It says now: %s"
            ) % form_fingerprint.in_words(form, name)
            merged.conflicts[prefix, name] = words


class Rows:
    """The rows of one inline as they were sent, brought up to date."""

    def __init__(
        self,
        merged: Merged,
        formset: Formset,
        prefix: str,
        prints: Mapping[str, Prints],
        rows: models.QuerySet[models.Model],
    ) -> None:
        self.merged, self.formset, self.prefix, self.prints, self.rows = merged, formset, prefix, prints, rows
        self.model = cast("type[models.Model]", formset.model)
        self.key = self.model._meta.pk.name
        self.may_add = formset.max_num != 0

    def merge(self) -> None:
        """Merge every row that was shown; rows deleted meanwhile are left out, or offered as new ones."""
        count = _number(self.merged.data, f"{self.prefix}-INITIAL_FORMS")
        keys = {index: self._sent_key(index) for index in range(count)}
        wanted = [key for key in keys.values() if key is not None]
        locked(self.model, wanted)
        there = {row.pk: row for row in self.rows.filter(pk__in=wanted)} if wanted else {}
        gone = [index for index, key in keys.items() if key is not None and key not in there]
        for index, key in keys.items():
            if key in there:
                self._merge_row(index, there[key])
        if gone:
            self._without(gone, keys, count)

    def _sent_key(self, index: int) -> object:
        try:
            return self.model._meta.pk.to_python(self.merged.data.get(f"{self.prefix}-{index}-{self.key}"))
        except ValidationError:
            return None

    def _merge_row(self, index: int, row: models.Model) -> None:
        prefix = f"{self.prefix}-{index}"
        form = self.formset.form(instance=row, prefix=prefix)
        prints = self.prints.get(str(row.pk), {})
        if not _ticked(self.merged.data, f"{prefix}-DELETE"):
            merge_form(self.merged, form, prints, prefix)
        elif prints != form_fingerprint.of_form(form):
            changed = [
                name
                for name in form_fingerprint.carried(form)
                if prints.get(name) != form_fingerprint.of_form(form)[name]
            ]
            now = "; ".join(
                f"{form.fields[name].label}: {form_fingerprint.in_words(form, name)}" for name in changed
            )
            words = _("Somebody else has changed this row meanwhile (%s). Save again to delete it.") % now
            self.merged.conflicts[prefix, None] = words

    def _without(self, gone: list[int], keys: Mapping[int, object], initial: int) -> None:
        """Write the data again without the rows that somebody else deleted; those changed here become new ones."""
        total = _number(self.merged.data, f"{self.prefix}-TOTAL_FORMS")
        touched = [index for index in gone if self._was_touched(index, str(keys[index]))]
        names = [self._row_words(index) for index in gone]
        order = [index for index in range(initial) if index not in gone]
        extra = list(range(initial, total)) + (touched if self.may_add else [])
        self.merged.data = _renumbered(self.merged.data, self.prefix, order + extra, total)
        self.merged.files = _renumbered(self.merged.files, self.prefix, order + extra, total)
        moved = {old: new for new, old in enumerate(order + extra)}
        self.merged.conflicts = {
            (_moved(prefix, self.prefix, moved), name): words
            for (prefix, name), words in self.merged.conflicts.items()
        }
        self.merged.data[f"{self.prefix}-INITIAL_FORMS"] = str(len(order))
        self.merged.data[f"{self.prefix}-TOTAL_FORMS"] = str(len(order + extra))
        for index in touched:
            words = _(
                "Somebody else has deleted this row meanwhile. Save again to add it anew, or remove it."
            )
            if self.may_add:
                new = f"{self.prefix}-{moved[index]}"
                self.merged.data[f"{new}-{self.key}"] = ""
                self.merged.conflicts[new, None] = words
        if touched and not self.may_add:
            self.merged.conflicts[None, None] = _("Rows that you changed have been deleted meanwhile.")
        self.merged.kept.append(_("deleted: %s") % ", ".join(names))

    def _was_touched(self, index: int, key: str) -> bool:
        prefix = f"{self.prefix}-{index}"
        if _ticked(self.merged.data, f"{prefix}-DELETE"):
            return False
        form, prints = self.formset.form(prefix=prefix), self.prints.get(key, {})
        return any(
            form_fingerprint.sent(form, name, self.merged.data, self.merged.files, prefix) != prints.get(name)
            for name in form_fingerprint.carried(form)
            if not isinstance(form.fields[name], forms.FileField)
        )

    def _row_words(self, index: int) -> str:
        form = self.formset.form()
        names = [f"{self.prefix}-{index}-{name}" for name in form_fingerprint.carried(form)]
        return next((str(self.merged.data[name]) for name in names if self.merged.data.get(name)), "—")


def _number(data: Sent, key: str) -> int:
    text = str(data.get(key, ""))
    return min(int(text), 10_000) if text.isascii() and text.isdigit() else 0


def _ticked(data: Sent, key: str) -> bool:
    return bool(forms.CheckboxInput().value_from_datadict(data, MultiValueDict(), key))


def _moved(prefix: str | None, own: str, moved: Mapping[int, int]) -> str | None:
    head, _dash, index = (prefix or "").rpartition("-")
    return f"{own}-{moved[int(index)]}" if head == own else prefix


def _renumbered(data: Sent, prefix: str, order: list[int], total: int) -> Sent:
    """Return the data with the rows in this order; rows that are not in it are left out."""
    places = {old: new for new, old in enumerate(order)}
    found = data.copy()
    found.clear()
    for key in data:
        index, dash, rest = key.removeprefix(f"{prefix}-").partition("-")
        is_row = key.startswith(f"{prefix}-") and dash and index.isdigit() and int(index) < total
        if not is_row:
            found.setlist(key, data.getlist(key))
        elif int(index) in places:
            found.setlist(f"{prefix}-{places[int(index)]}-{rest}", data.getlist(key))
    return found


def with_conflicts(form: type[F], request: HttpRequest) -> type[F]:
    """Return the form's class, showing the conflicts that were found in the data of this request."""
    conflicts: Conflicts = getattr(request, "conflicts", {})
    if not conflicts:
        return form

    class Telling(form):  # type: ignore[misc,valid-type]  # A class that is known when it runs.
        def _post_clean(self) -> None:
            super()._post_clean()
            for (prefix, name), words in conflicts.items():
                if prefix == self.prefix:
                    self.add_error(name if name in self.fields else None, words)

    Telling.__name__ = form.__name__
    return Telling


class GuardedInline(InlineModelAdmin[M, models.Model]):
    """An inline whose rows are compared with what was shown."""

    def get_formset(
        self, request: HttpRequest, obj: models.Model | None = None, **kwargs: Any
    ) -> type[FormSet[M]]:
        """Return the formset; its rows show conflicts."""
        found = super().get_formset(request, obj, **kwargs)
        found.form = with_conflicts(_compared(found.form, request), request)
        return found


def _compared(form: type[F], request: HttpRequest) -> type[F]:
    """Return the form of a row which is not deleted when others changed it meanwhile, nor while it is in use.

    Django ignores the errors of a row that is deleted, but not what this raises.
    """
    conflicts: Conflicts = getattr(request, "conflicts", {})

    class Row(form):  # type: ignore[misc,valid-type]  # A class that is known when it runs.
        def hand_clean_DELETE(self) -> None:  # noqa: N802  (Django's name)
            if not self.cleaned_data.get(DELETION_FIELD_NAME) or self.instance._state.adding:
                return
            if (self.prefix, None) in conflicts:
                raise ValidationError(conflicts[self.prefix, None])
            used_by = deletion.usage([self.instance])
            if used_by:
                raise ValidationError(deletion.refusal(f"«{self.instance}»", used_by))

    Row.__name__ = form.__name__
    return Row


class Guarded(ModelAdmin[M]):
    """A model admin whose forms carry fingerprints of what they showed."""

    change_form_before_template = "admin/shown.html"

    def get_form(
        self, request: HttpRequest, obj: M | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[M]]:
        """Return the form; it shows conflicts."""
        return with_conflicts(super().get_form(request, obj, change, **kwargs), request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> M | None:
        """Return the row; for a form that is sent, lock it first, so that what is compared is what is overwritten."""
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST" or not connection.in_atomic_block:
            return found
        locked(self.model, [found.pk])
        return super().get_object(request, object_id, from_field)

    def _changeform_view(
        self, request: HttpRequest, object_id: str | None, form_url: str, extra: dict[str, object] | None
    ) -> HttpResponse:
        """Bring the data of a form that was sent up to date before Django reads them."""
        if request.method == "POST" and object_id is not None and "_saveasnew" not in request.POST:
            row = self.get_object(request, unquote(object_id))
            if row is not None and self.has_change_permission(request, row):
                self._merge(request, row)
        return super()._changeform_view(request, object_id, form_url, extra)

    def _merge(self, request: HttpRequest, row: M) -> None:
        prints = form_fingerprint.read(request.POST.get(form_fingerprint.FIELD), subject(row))
        merged = Merged(data=request.POST.copy(), files=request.FILES)
        fields = [name for line in self.get_fieldsets(request, row) for name in _flat(line[1]["fields"])]
        form = self.get_form(request, row, change=True, fields=fields)(instance=row)
        merge_form(merged, form, prints.get("", {}), None)
        rows = prints.get("rows", {})
        fixed = set(prints.get("", {})) - set(form_fingerprint.carried(form))
        for formset, inline, prefix in self._formsets(request, row):
            own = rows.pop(prefix, {})
            if inline.has_change_permission(request, row):
                found = inline.get_queryset(request).filter(**{foreign_key(formset).name: row})
                Rows(merged, formset, prefix, own, found).merge()
            elif own:
                fixed.add(prefix)
        if fixed:
            merged.conflicts[None, None] = _(
                "Meanwhile a part of this form can no longer be changed. Look at it before you save again."
            )
        request.POST = merged.data  # type: ignore[assignment]  # What the form is read from now.
        request._files = merged.files  # type: ignore[attr-defined]  # FILES has no setter; what was deleted meanwhile was left out.
        request.conflicts = merged.conflicts  # type: ignore[attr-defined]  # Read by `with_conflicts`.
        self._tell(request, row, merged)

    def _tell(self, request: HttpRequest, row: models.Model, merged: Merged) -> None:
        if merged.conflicts:
            words = _(
                "Nothing is saved yet: this has been changed%(by)s since you opened it. What it says now stands "
                "beside what you typed; save again to keep yours."
            )
            messages.warning(request, words % {"by": _who_else(request, row)})
        if merged.kept:
            names = ", ".join(dict.fromkeys(capfirst(name) for name in merged.kept))
            messages.info(request, _("Kept as somebody else changed it meanwhile: %s.") % names)

    def _formsets(
        self, request: HttpRequest, row: M
    ) -> Iterator[tuple[Formset, InlineModelAdmin[models.Model, M], str]]:
        """Yield each formset's class with its inline and its prefix, as Django counts them."""
        taken: dict[str, int] = {}
        for formset, inline in self.get_formsets_with_inlines(request, row):
            prefix = formset.get_default_prefix()
            taken[prefix] = taken.get(prefix, 0) + 1
            yield formset, inline, prefix if taken[prefix] == 1 and prefix else f"{prefix}-{taken[prefix]}"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Put the fingerprints of what is shown into the form."""
        row = kwargs.get("obj") or context.get("original")
        if kwargs.get("change") and row is not None and self.has_change_permission(request, row):
            rows: dict[str, dict[str, Prints]] = {}
            for line in context["inline_admin_formsets"]:
                if line.has_change_permission:
                    own = {
                        str(one.instance.pk): form_fingerprint.of_form(one)
                        for one in line.formset.initial_forms
                    }
                    rows[line.formset.prefix] = own
            prints = {"": form_fingerprint.of_form(context["adminform"].form), "rows": rows}
            context["shown"] = form_fingerprint.sign(prints, subject(row))
        return super().render_change_form(request, context, *args, **kwargs)


def _flat(fields: Iterable[str | list[str] | tuple[str, ...]]) -> list[str]:
    return [name for one in fields for name in (one if isinstance(one, list | tuple) else [one])]


def _who_else(request: HttpRequest, row: models.Model) -> str:
    """Return ` by <whom> at <when>` when the history knows who else saved the row last."""
    kind = ContentType.objects.get_for_model(row)
    entries = LogEntry.objects.filter(content_type=kind, object_id=str(row.pk)).select_related("user")
    last = entries.order_by("-action_time").first()
    if last is None or last.user_id == request.user.pk:
        return ""
    at = date_format(localtime(last.action_time), "DATETIME_FORMAT")
    return _(" by %(who)s (%(at)s)") % {"who": last.user, "at": at}
