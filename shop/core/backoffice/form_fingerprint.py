"""What a form showed: a signed fingerprint of every value, so that own changes and those of others can be told apart.

Three states of a field decide: as it was shown, as it was sent, as it is now. Only what differs from what was shown was
changed by whoever sends the form; what differs between then and now was changed by somebody else. A field that only
somebody else changed keeps their value; one that both changed, to different values, is a conflict, and nothing is
written until it has been shown. Fingerprints are keyed and signed: for a form without them, or with forged ones, every
difference from the present values is a conflict, never a silent overwrite.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, cast

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import models
from django.forms.models import ModelChoiceField
from django.forms.widgets import ChoiceWidget, MultiWidget
from django.utils.crypto import salted_hmac
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from shop.core.json_types import JsonObject

FIELD: Final = "shown"  # The hidden field of a form which carries the fingerprints.
# Named before the module moved, so that a form shown then is accepted.
_SALT: Final = "shop.core.shown"
# Fingerprints by field; for the rows of a formset, by prefix and primary key first.
Prints = dict[str, str]


def canonical(value: object) -> str:
    """Return a value as text, the same for a model's value and for a form's cleaned value."""
    match value:
        case None:
            return ""
        case bool():
            return str(value)
        case models.Model():
            return str(value.pk)
        case File():
            return str(value.name or "")
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).replace(microsecond=0).isoformat()
        case date():
            return value.isoformat()
        case Decimal():
            return format(value.normalize(), "f")
        case str():
            return value.replace("\r\n", "\n").strip()
        case dict():
            return json.dumps(value, sort_keys=True, default=str) if value else ""
        case models.QuerySet() | set() | frozenset():
            return "|".join(sorted(canonical(one) for one in value))
        case list() | tuple():
            parts = [canonical(one) for one in value]
            return "|".join(sorted(parts) if value and isinstance(value[0], models.Model) else parts)
    return str(value)


def fingerprint(value: object) -> str:
    """Return a keyed digest of a value (64 bits): it shows a change without revealing the value."""
    return salted_hmac(_SALT, canonical(value)).hexdigest()[:16]


def carried(form: forms.BaseForm) -> Iterable[str]:
    """Return the names of the fields that a browser submits and people may change."""
    for name, field in form.fields.items():
        is_hidden_key = isinstance(field, forms.models.InlineForeignKeyField) or name in {
            "DELETE",
            "ORDER",
            FIELD,
        }
        if not field.disabled and not is_hidden_key and not _is_key(form, name):
            yield name


def _is_key(form: forms.BaseForm, name: str) -> bool:
    """Return whether the field is the row's own key, which a formset adds."""
    meta = getattr(form, "_meta", None)
    return meta is not None and meta.model is not None and name == meta.model._meta.pk.name


def of_form(form: forms.BaseForm) -> Prints:
    """Return the fingerprints of what the form shows: the values of the row, not what was typed."""
    return {name: fingerprint(form.get_initial_for_field(form.fields[name], name)) for name in carried(form)}


def of_row(row: models.Model) -> str:
    """Return one fingerprint of all columns of a row."""
    values = [canonical(getattr(row, field.attname)) for field in row._meta.concrete_fields]
    return fingerprint(json.dumps(values))


def sign(prints: Mapping[str, object], subject: str) -> str:
    """Return fingerprints as a hidden field carries them, for this subject (`catalog.product:<pk>`) alone."""
    return signing.dumps(prints, salt=f"{_SALT}:{subject}", compress=True)


def read(text: str | None, subject: str) -> JsonObject:
    """Return the fingerprints that a form sent; none when they are missing, forged, or of another subject."""
    try:
        found = signing.loads(text or "", salt=f"{_SALT}:{subject}")
    except signing.BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def sent(form: forms.BaseForm, name: str, data: Any, files: Any, prefix: str | None) -> str | None:
    """Return the fingerprint of what was sent for a field; None for what the field rejects."""
    field = form.fields[name]
    html_name = f"{prefix}-{name}" if prefix else name
    value = field.widget.value_from_datadict(data, files, html_name)
    try:
        if isinstance(field, forms.FileField):
            return fingerprint(field.clean(value, form.get_initial_for_field(field, name)))
        return fingerprint(field.clean(value))
    except ValidationError:
        return None


def put(data: MultiValueDict[str, Any], form: forms.BaseForm, name: str, prefix: str | None) -> None:
    """Write into `data` what a browser would send for the field as the row is now."""
    field = form.fields[name]
    value = field.prepare_value(form.get_initial_for_field(field, name))
    html_name = f"{prefix}-{name}" if prefix else name
    suffixes = getattr(field.widget, "widgets_names", [])  # Of day and time, say; never by how a name begins.
    for key in [html_name, *(f"{html_name}{suffix}" for suffix in suffixes)]:
        data.pop(key, None)
    for key, texts in _as_sent(field.widget, html_name, value).items():
        data.setlist(key, texts)


def _as_sent(widget: Any, name: str, value: Any) -> dict[str, list[str]]:
    widget = getattr(widget, "widget", widget) if not isinstance(widget, MultiWidget) else widget
    if isinstance(widget, MultiWidget):
        many = cast(Any, widget)
        parts: dict[str, list[str]] = {}
        for suffix, inner, part in zip(many.widgets_names, many.widgets, many.decompress(value), strict=True):
            parts |= _as_sent(inner, f"{name}{suffix}", part)
        return parts
    if isinstance(widget, forms.CheckboxInput):
        return {name: ["on"]} if widget.check_test(value) else {}
    if isinstance(widget, forms.FileInput):
        return {}
    shown = widget.format_value(value)
    if isinstance(widget, ChoiceWidget):
        return {name: [str(one) for one in shown if one is not None]}
    return {name: ["" if shown is None else str(shown)]}


def in_words(form: forms.BaseForm, name: str) -> str:
    """Return a field's value as the row is now, for people."""
    field = form.fields[name]
    value = form.get_initial_for_field(field, name)
    if isinstance(field, ModelChoiceField):
        keys = value if isinstance(value, list | tuple) else [value]
        wanted = [getattr(one, "pk", one) for one in keys if one is not None]
        return ", ".join(str(one) for one in field.queryset.model._base_manager.filter(pk__in=wanted)) or "—"  # type: ignore[union-attr]
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.choices).get(value, value))  # type: ignore[arg-type]
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(field.widget, MultiWidget):
        return " ".join(str(part) for part in cast(Any, field.widget).decompress(value) if part) or "—"
    text = str(field.widget.format_value(field.prepare_value(value)) or "") if value is not None else ""
    return text[:300] or "—"
