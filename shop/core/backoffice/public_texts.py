"""Texts that staff write and shoppers read: what other apps have to say about them is shown beside the form.

An admin names its texts in `public_texts`. Apps above the one that keeps a text register what they know about it
(docs/architecture.md): the catalogue knows nothing of instalments, whose law has a word to say about descriptions.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db import models
from django.http import HttpRequest, HttpResponse

M = TypeVar("M", bound=models.Model)
# Label → text in, sentences out.
Check = Callable[[Mapping[str, str]], Sequence[str]]
_checks: list[Check] = []


def contribute(check: Check) -> Check:
    """Register what returns warnings about texts, each by its label; called when such a text is shown or saved."""
    _checks.append(check)
    return check


def warnings_about(texts: Mapping[str, str]) -> list[str]:
    """Return everything that is to be said about these texts, in the reader's language."""
    return [sentence for check in _checks for sentence in check(texts)]


class PublicTexts(ModelAdmin[M]):
    """Warn of the texts of a row when its page is opened, and once more when it was saved and left."""

    public_texts: ClassVar[Sequence[str]] = ()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the warnings about what is stored to the page."""
        row = kwargs.get("obj")
        if request.method == "GET" and row is not None:
            self._warn(request, row)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm[M], formsets: Any, change: bool
    ) -> None:
        """Warn of what was saved; where the page is opened again it says so itself."""
        super().save_related(request, form, formsets, change)
        if "_continue" not in request.POST:
            self._warn(request, form.instance)

    def _warn(self, request: HttpRequest, row: models.Model) -> None:
        texts = {
            str(row._meta.get_field(name).verbose_name): str(getattr(row, name) or "")  # type: ignore[union-attr]
            for name in self.public_texts
        }
        for sentence in warnings_about(texts) if any(texts.values()) else []:
            messages.warning(request, sentence)
