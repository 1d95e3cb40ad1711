"""`Idempotency-Key`: a creating POST that is sent twice acts once, and is answered the same.

draft-ietf-httpapi-idempotency-key-header-07: the key is optional here (1–255 visible ASCII characters, bare or as a
quoted string; 16 or more from a guest), belongs to the account or guest who sent it, and holds for one day. A request
with the key of another one is refused (422), one whose first request is still being answered is told to come again
(409). Kept are answers of success and decided refusals (400, 404, 409, 410), not those that say "later" or "first sign
in".

The row is written before the act, in a transaction of its own. Where the act is one transaction, the answer is stored
in it: a process that is killed has done nothing, or all of it. An act that speaks to a provider must find its own rows
again; it is done once more when the first request has certainly ended (`RE_DRIVEN_AFTER`).
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, TypeVar

from django.db import transaction
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja.decorators import decorate_view
from ninja.operation import Operation

from shop.core.api import calling, problems
from shop.core.api.problems import FieldProblem
from shop.core.ids import uuid7
from shop.core.models import StoredAnswer
from shop.core.privacy import vault
from shop.core.web import visitors

View = TypeVar("View", bound=Callable[..., Any])
Run = Callable[..., HttpResponse]

HEADER: Final = "Idempotency-Key"
# Longer than a web process may work on a request: what began before has ended, or was killed.
RE_DRIVEN_AFTER: Final = timedelta(minutes=2)
_PURPOSE: Final = "stored answers"
# Hundreds of guests share one address of a mobile network. Their keys alone tell them apart: a number that is counted
# up would give one of them the other's answer, with the token of a cart that is not theirs.
_GUESTS_LEAST: Final = 16
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
_DECIDED: Final = {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.GONE}
_KEPT_HEADERS: Final = ("Content-Type", "Location", "Link", "ETag", "Cart-Token", "Preference-Applied")


def once_per_key(*, in_transaction: bool = True) -> Callable[[View], View]:
    """Return the decorator of an endpoint that creates something; it stands below the router's own.

    `in_transaction`: the act and its stored answer are one transaction. False for an act that speaks to a provider: it
    runs in none, and finds what it has begun by its own rows when it is repeated.
    """

    def mark(view: View) -> View:
        marked: View = decorate_view(_keyed(in_transaction=in_transaction))(view)
        marked.takes_idempotency_key = True  # type: ignore[attr-defined]
        return marked

    return mark


def _keyed(*, in_transaction: bool) -> Callable[[Run], Run]:
    def decorate(run: Run) -> Run:
        operation: Operation = run.__self__  # type: ignore[attr-defined]

        @wraps(run)
        def answer(request: HttpRequest, **arguments: object) -> HttpResponse:
            if HEADER not in request.headers:
                return run(request, **arguments)
            refusal = calling.refusal_of(operation, request)
            if refusal is not None:
                return refusal
            try:
                stored = begin(request, key_of(request))
                if stored.state == StoredAnswer.State.DONE:
                    return _replayed(stored)
                return _act(operation, request, arguments, stored, in_transaction=in_transaction)
            except Exception as error:  # noqa: BLE001  (its handlers re-raise what they do not know)
                return operation.api.on_exception(request, error)

        return answer

    return decorate


def key_of(request: HttpRequest) -> str:
    """Return the key of a request. Raises: Problem (400, 422) for one that is none, or too short for a guest."""
    text = request.headers[HEADER]
    key = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    if not (_KEY.fullmatch(text) and _KEY.fullmatch(key)):
        raise problems.MALFORMED(_("An Idempotency-Key has 1 to 255 visible ASCII characters."))
    if len(key) < _GUESTS_LEAST and not request.user.is_authenticated:
        words = _("Without a token an Idempotency-Key has 16 characters or more: send a UUID.")
        raise problems.INVALID(words, errors=[FieldProblem(f"header/{HEADER}", words)])
    return key


def row_key(request: HttpRequest, *scope: object) -> str:
    """Return the key by which a verb finds the row of a request that is repeated; of one without a key a fresh one.

    A digest, as long whatever was sent: cut off, two long keys that begin alike would be one request.
    """
    sent = request.headers.get(HEADER, "") or uuid7().hex
    said = repr((*map(str, scope), sent)).encode()
    return f"api:{hashlib.sha256(said).hexdigest()}"


def begin(request: HttpRequest, key: str) -> StoredAnswer:
    """Return the row of this key, ours to act on (running) or with the answer (done).

    Commits by itself; two requests at once are told apart by the unique key.

    Raises:
        Problem: the first request is still running (409), or was another request (422).
    """
    owner, digest = owner_of(request), _digest(request)
    mine = StoredAnswer(owner=owner, method=request.method or "", path=request.path, key=key, digest=digest)
    StoredAnswer.objects.bulk_create([mine], ignore_conflicts=True)
    row = StoredAnswer.objects.get(owner=owner, method=request.method, path=request.path, key=key)
    if row.digest != digest:
        raise problems.KEY_REUSED(_("This Idempotency-Key was used for a different request."))
    if row.pk == mine.pk or row.state == StoredAnswer.State.DONE:
        return row
    left = StoredAnswer.objects.filter(
        pk=row.pk, state=StoredAnswer.State.RUNNING, claimed_at__lt=Now() - RE_DRIVEN_AFTER
    )
    if not left.update(claimed_at=Now()):
        raise problems.STILL_RUNNING(
            _("The first request with this key is still being answered."), headers={"Retry-After": "1"}
        )
    return row


def owner_of(request: HttpRequest) -> str:
    """Return whose keys these are: the account, or a guest by its cart or else its address (kept as a digest)."""
    if request.user.is_authenticated:
        return f"account:{request.user.pk}"
    guest = request.headers.get("Cart-Token") or visitors.counted_of(request)
    return f"guest:{hashlib.sha256(guest.encode()).hexdigest()[:32]}"


def forget(owner_key: object) -> int:
    """Delete the stored answers of an account that is erased; return how many there were."""
    deleted, _details = StoredAnswer.objects.filter(owner=f"account:{owner_key}").delete()
    return deleted


def _digest(request: HttpRequest) -> str:
    """Return the digest of what was asked: the body, without regard to spaces and the order of keys, and the query."""
    try:
        body = json.dumps(json.loads(request.body), sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        body = request.body
    query = request.META.get("QUERY_STRING", "").encode()
    return hashlib.sha256(query + b"\n" + body).hexdigest()


def _act(
    operation: Operation,
    request: HttpRequest,
    arguments: dict[str, object],
    stored: StoredAnswer,
    *,
    in_transaction: bool,
) -> HttpResponse:
    """Call the endpoint and store what it answers; whatever ends otherwise leaves the key free again."""
    try:
        if in_transaction:
            with transaction.atomic():
                response = calling.call(operation, request, arguments)
                if response.status_code < HTTPStatus.BAD_REQUEST:
                    _store(stored, response)
                else:
                    transaction.set_rollback(True)
        else:
            response = calling.call(operation, request, arguments)
            if response.status_code < HTTPStatus.BAD_REQUEST:
                _store(stored, response)
    except Exception:
        stored.delete()
        raise
    if response.status_code in _DECIDED:
        _store(stored, response)
    elif response.status_code >= HTTPStatus.BAD_REQUEST:
        stored.delete()
    return response


def _store(stored: StoredAnswer, response: HttpResponse) -> None:
    stored.state, stored.status = StoredAnswer.State.DONE, response.status_code
    stored.body = vault.encrypt(_PURPOSE, response.content)
    stored.headers = {name: response[name] for name in _KEPT_HEADERS if response.has_header(name)}
    stored.save(update_fields=["state", "status", "body", "headers"])


def _replayed(stored: StoredAnswer) -> HttpResponse:
    response = HttpResponse(
        vault.decrypt(_PURPOSE, stored.body), status=stored.status, headers=stored.headers
    )
    response["Idempotent-Replayed"] = "true"
    return response
