"""Forms that first show what they come to, and then do exactly what was shown."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest

from shop.core.backoffice.verb_forms import Refusals, VerbForm, run_verb

Shown = TypeVar("Shown")


def quote_then_do(
    request: HttpRequest,
    form: VerbForm,
    *,
    scope: str,
    refusals: Refusals,
    quote: Callable[[], Shown],
    verb: Callable[[dict[str, Any], str], object],
) -> tuple[Shown | None, bool]:
    """Return what a sent form comes to (None: not sent, or refused), and whether it was confirmed and done.

    `verb` gets the form's data and what the page showed (`seen`); it refuses when that is not what it would do now.
    """
    if request.method != "POST" or not form.is_valid():
        return None, False
    seen = form.cleaned_data["seen"]
    try:
        shown = quote()
    except tuple(refusals) as error:
        words = next(words for kind, words in refusals.items() if isinstance(error, kind))
        form.add_error(*words(error))
        return None, False
    if "confirm" not in request.POST:
        return shown, False
    return shown, run_verb(
        request, form=form, scope=scope, refusals=refusals, verb=lambda data: verb(data, seen)
    )
