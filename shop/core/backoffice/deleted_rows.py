"""The page of a row that somebody else has deleted: its name, who did it, and the submitted values."""

from typing import Final, TypeVar

from django.contrib import messages
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.text import Truncator, capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

M = TypeVar("M", bound=models.Model)
_LONGEST: Final = 200
# Fields with text that people type; keys of other rows are left out.
_TYPED: Final = (models.CharField, models.TextField, models.DecimalField, models.IntegerField)


def answer(request: HttpRequest, model_admin: ModelAdmin[M], object_id: str) -> HttpResponse:
    """Show what was deleted, with a link to its list. For a submitted form also what was typed, which is not stored."""
    model = model_admin.model
    is_saving = request.method == "POST" and request.path.endswith("/change/")
    kind = str(model._meta.verbose_name)
    if found := _deletion(model, unquote(object_id)):
        at = date_format(localtime(found.action_time), "SHORT_DATETIME_FORMAT")
        values = {"obj": found.object_repr, "name": kind, "who": found.user, "at": at}
        words = _("“%(obj)s” (%(name)s) was deleted by %(who)s (%(at)s).") % values
    else:
        words = _("This row (%(name)s) does not exist; perhaps it was deleted.") % {"name": kind}
    messages.warning(request, " ".join([words, _("Nothing was saved.")]) if is_saving else words)
    if is_saving and (typed := _typed(request, model)):
        messages.info(request, _("What you typed: %s") % typed)
    if model_admin.has_view_permission(request):
        return redirect(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return redirect("admin:index")


def _deletion(model: type[models.Model], key: str) -> LogEntry | None:
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model), object_id=key)
    return entries.filter(action_flag=DELETION).select_related("user").order_by("-action_time").first()


def _typed(request: HttpRequest, model: type[models.Model]) -> str:
    """Return the submitted text of the row's own fields, each with its label; no passwords."""
    own = [field for field in model._meta.concrete_fields if isinstance(field, _TYPED) and not field.choices]
    said = [
        (capfirst(str(field.verbose_name)), Truncator(request.POST[field.name].strip()).chars(_LONGEST))
        for field in own
        if field.editable
        and field.name not in {"password", "slug"}
        and request.POST.get(field.name, "").strip()
    ]
    return "; ".join(f"{label}: {text}" for label, text in said)
