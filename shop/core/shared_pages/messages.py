"""Messages are read on a visitor's own copy of a page: pages that everybody shares have none."""

from collections.abc import Callable

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from shop.core.shared_pages.marks import OWN_COPY, mark_at


class MessagesOnOwnCopies:
    """Leads a redirect to a shared page on to the visitor's own copy of it while messages wait to be read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        target = response.get("Location", "")
        if response.status_code == 302 and target and _have_messages(request):
            response["Location"] = own_copy(target, request)
        return response


def own_copy(address: str, request: HttpRequest) -> str:
    """Return the address of a visitor's own copy of a shared page of ours; another address as it is."""
    path, question, query = address.partition("?")
    bare = path.partition("#")[0]
    if "://" in bare or mark_at(bare) is None or f"{OWN_COPY}=" in query:
        return address
    if not url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}):
        return address
    rest, hash_mark, fragment = (query if question else path).partition("#")
    rest = f"{bare}?{rest}&{OWN_COPY}=1" if question else f"{bare}?{OWN_COPY}=1"
    return f"{rest}{hash_mark}{fragment}"


def _have_messages(request: HttpRequest) -> bool:
    """Return whether this answer, or one before it, left messages that no page has shown. No query for most."""
    waiting = get_messages(request)
    return bool(getattr(waiting, "_queued_messages", ())) or bool(waiting)
