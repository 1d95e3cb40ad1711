"""Pages that everybody shares, made from the replica of the database where the shop has one that is current."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse

from catalog.listing import version
from shop.core.database import replica
from shop.core.shared_pages.marks import is_shared

View = Callable[..., HttpResponse]


def from_replica(view: View) -> View:
    """Let a view's reads of the catalogue go to the replica when it shows what the primary shows.

    A visitor's own copy (early access, messages) comes from the primary: it reads what that visitor has written.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **named: object) -> HttpResponse:
        if not replica.is_configured() or not is_shared(request):
            return view(request, *args, **named)
        known = version.read().text

        def is_current() -> bool:
            return version.read(using=replica.ALIAS).text == known

        return replica.answer(lambda: view(request, *args, **named), is_current=is_current)

    return answer
