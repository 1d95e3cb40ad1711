"""The payments' pages: Pay, return address, status; and the endpoint for the providers' notifications."""

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.request import UnreadablePostError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from redis.exceptions import RedisError

from orders import payables
from orders.checkout.issues import Kind as IssueKind
from orders.checkout.issues import NotReady
from orders.models import Payable, Purchase
from payments import gateways, provider_settings
from payments.checkout import attempts, line, presses, waiting_page
from payments.checkout.refusals import PaymentRefused, PaymentUnavailable
from payments.checkout.status import AttemptStatus, Kind, describe, refusal, silence
from payments.checkout.waiting_page import Ticket
from payments.gateways.base import GatewayError, NotAsked, RawWebhook
from payments.models import PaymentAttempt
from payments.settlement import settle
from payments.webhooks import limits, processing
from shop.core.database.kept_queries import KeptQuery
from shop.core.jobs import dispatch
from shop.core.web.methods import require_GET, require_POST
from shop.core.web.middleware import reads_the_raw_body
from shop.core.web.never_cached import never_cache
from shop.core.web.slow_bodies import BodyTooSlow, read_body

log = logging.getLogger(__name__)

_WEBHOOK_BYTES: Final = 256 * 1024
# A provider sends its few kilobytes at once.
_WEBHOOK_SECONDS: Final = 5.0
_WORDS: Final = {
    200: "ok",
    404: "unknown provider",
    408: "too slow, come again",
    413: "too large",
    429: "too many, come again",
}
# Seconds between two requests of the polling page, by how often it has asked; then it stops, and says so.
_PACE: Final = ((10, 2), (30, 5), (60, 15))
_LAST_TURN: Final = 60
# At these polls a job asks the provider again, in case the notification was lost.
_ASK_AT: Final = {3, 8, 15, 25, 40, 55}
# Words of the return addresses that hint at "nothing was paid" (docs/providers/mercadopago.md#return); only a hint.
_LEFT: Final = {"null", "failure", "rejected", "cancelled", ""}


@never_cache
def start(request: HttpRequest, token: str) -> HttpResponse:
    """Redirect the shopper to the chosen provider, or show why not; the purchase and its reservations are kept.

    The provider is called beside the server's threads. Who has no answer within a moment gets the waiting page, which
    comes back by GET with its ticket.
    """
    if (ticket := _ticket(request, token)) is None:
        return HttpResponseNotAllowed(["POST"])
    if ticket.gateway not in settings.PAYMENT_GATEWAYS or not gateways.get(ticket.gateway).is_outside:
        return _start_here(request, token, ticket.gateway)
    job = under_way = presses.find(ticket.gateway, token=token) if request.method == "GET" else None
    if job is None:
        if request.method == "GET" and (place := line.look(ticket.gateway, token)).is_served:
            return waiting_page.wait(request, ticket, place)
        if request.method == "POST" and presses.are_many(ticket.gateway):
            return _take_press(request, ticket)
        payable = _payable(request, token)
        if (opened := attempts.opened(payable, ticket.gateway)) is not None:
            return HttpResponseRedirect(opened.redirect_url, status=303)
        job = presses.begin(payable, ticket.gateway, token=token, at=ticket.at, actor=_actor(request))
    if not presses.wait(job):
        return waiting_page.wait(request, ticket, line.look(ticket.gateway, token))
    if under_way is not None:
        _payable(request, token)  # Whoever has the ticket of an account's purchase must be that account.
    return _answer_press(request, ticket, partial(presses.result, job))


@require_GET
@never_cache
def place_in_line(request: HttpRequest, token: str) -> HttpResponse:
    """Answer the waiting page's question; who has no ticket of this purchase learns nothing."""
    ticket = waiting_page.read_ticket(token, request.GET.get("ticket", ""))
    if ticket is None or ticket.gateway not in settings.PAYMENT_GATEWAYS:
        raise Http404
    return waiting_page.tell_place(ticket)


def _ticket(request: HttpRequest, token: str) -> Ticket | None:
    if request.method == "POST":
        return Ticket(token, request.POST.get("gateway", ""), time.time())
    return waiting_page.read_ticket(token, request.GET.get("ticket", ""))


def _take_press(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    """Answer one press of a crowd at once: its job looks whether this visitor may pay that, and the next page tells."""
    # Who it is, is read here: a session belongs to the thread of its request.
    visitor = request.user if request.user.is_authenticated else AnonymousUser()
    place = presses.take(ticket, user=visitor, actor=_actor(request))
    return waiting_page.wait(request, ticket, place)


def _start_here(request: HttpRequest, token: str, gateway: str) -> HttpResponse:
    """Start to pay without a call outside: by the shop's own books, or for nothing."""
    payable = _payable(request, token)
    bill = payables.kind_of(payable).bill(payable)
    if not bill.total and bill.lines:
        return _confirm_free(request, payable, bill.page)
    if gateway not in settings.PAYMENT_GATEWAYS:
        messages.error(request, _("Choose how you want to pay."))
        return redirect(bill.page)
    begin = partial(attempts.start, payable=payable, gateway=gateway, actor=_actor(request))
    return _answer_press(request, Ticket(token, gateway, time.time()), begin)


def _answer_press(
    request: HttpRequest, ticket: Ticket, started: Callable[[], PaymentAttempt]
) -> HttpResponse:
    """Answer with what became of a press: to the provider, to the status page, or why not."""
    try:
        attempt = started()
    except presses.NotTheirs:
        # Somebody else had pressed: this visitor's own press is begun by the next page.
        _payable(request, ticket.token)
        return waiting_page.wait(request, ticket, line.Place())
    except NotReady as error:
        return _not_ready(request, _payable(request, ticket.token), error)
    except PaymentRefused as error:
        return _refused(request, _payable(request, ticket.token), error)
    except PaymentUnavailable as error:
        if error.refusal and error.refusal.code == NotAsked.BUSY:
            return waiting_page.wait(request, ticket, line.Place())
        return _unanswered(request, _payable(request, ticket.token), error, chosen=ticket.gateway)
    if attempt.status == PaymentAttempt.Status.REDIRECTED and attempt.redirect_url:
        return HttpResponseRedirect(attempt.redirect_url, status=303)
    if attempt.status == PaymentAttempt.Status.CREATED:  # Another process is opening it.
        return waiting_page.wait(request, ticket, line.Place())
    return redirect("payments:status", attempt.token)


def _not_ready(request: HttpRequest, payable: Payable, error: NotReady) -> HttpResponse:
    page = payables.kind_of(payable).bill(payable).page
    if any(issue.kind == IssueKind.FREE for issue in error.issues):
        return _confirm_free(request, payable, page)
    for issue in error.issues:
        messages.warning(request, str(issue.message))
    return redirect(page)


def _confirm_free(request: HttpRequest, payable: Payable, to_payment: str) -> HttpResponse:
    """Place a purchase that costs nothing, or show why not."""
    try:
        order = payables.kind_of(payable).confirm_free(payable, actor=_actor(request))
    except NotReady as error:
        for issue in error.issues:
            messages.warning(request, str(issue.message))
        return redirect(to_payment)
    except payables.NotFree:
        messages.warning(request, _("The price changed meanwhile: look at your purchase before you pay it."))
        return redirect(to_payment)
    return redirect(order.get_absolute_url())


@require_GET
@never_cache
def ways(request: HttpRequest, token: str) -> HttpResponse:
    """Redirect to the page where a way to pay is chosen, for pages that have only the token."""
    payable = _payable(request, token)
    return redirect(payables.kind_of(payable).bill(payable).page)


@require_POST
@never_cache
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """End the payment under way, so that the purchase can be changed."""
    payable = _payable(request, token)
    page = payables.kind_of(payable).bill(payable).page
    try:
        attempt = attempts.cancel(payable=payable, actor=_actor(request))
    except PaymentRefused as error:
        return _refused(request, payable, error)
    except PaymentUnavailable as error:
        messages.error(request, _unavailable(error))
        return redirect(page)
    if attempt is not None and attempt.status in {PaymentAttempt.Status.PAID, PaymentAttempt.Status.PENDING}:
        return redirect("payments:status", attempt.token)
    messages.info(
        request, _("The payment was cancelled; nothing was charged. You can change your purchase now.")
    )
    return redirect(page)


@require_GET
@never_cache
def come_back(request: HttpRequest, token: str) -> HttpResponse:
    """Receive the shopper from the provider: fetch the payment with a short time-out, and show its status.

    The query only hints: at which payment to ask about, and whether nothing was paid.
    """
    attempt = _attempt(token)
    if attempt.is_live and _may_ask(attempt):
        named = gateways.get(attempt.gateway).return_hint
        hint = request.GET.get(named, "") if named else ""
        subject = hint if hint.isascii() and hint.isdigit() else ""
        try:
            answer = settle.ask(attempt, subject=subject[:30], patience=gateways.for_pages())
            order = settle.apply(attempt.pk, answer, actor="shopper").order
        except GatewayError as error:
            log.info("Return to %s: the provider did not answer: %s", attempt.pk, error)
        else:
            if order is not None and payables.kind_of(attempt.payable).opens_order:
                return redirect(order.get_absolute_url())
    left = "left" in request.GET or request.GET.get("collection_status", "-") in _LEFT
    return _answer(request, token, has_left=left)


@require_GET
@never_cache
def outcome_of_sale(request: HttpRequest, sale: UUID) -> HttpResponse:
    """Lead from a return address of the sales contract to the page that tells what became of the purchase.

    Whatever the address says: it is no proof of a payment. The account that began the purchase alone is led on.
    """
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    session = get_object_or_404(Purchase, pk=sale, user=request.user)
    attempt = PaymentAttempt.objects.filter(payable=sale).order_by("-created_at").first()
    if attempt is None:
        return redirect("orders:checkout_payment", session.token)
    return redirect("payments:status", attempt.token)


@require_GET
@never_cache
def status(request: HttpRequest, token: str) -> HttpResponse:
    """Show an attempt's status, from our own rows; the page polls."""
    return _answer(request, token, has_left="left" in request.GET)


@require_GET
@never_cache
def status_fragment(request: HttpRequest, token: str) -> HttpResponse:
    """Answer the page's poll (htmx) from our own rows; when it is paid, redirect to what was paid."""
    turn = _turn(request)
    has_left = "left" in request.GET
    status = _status(token, has_left=has_left)
    if status.kind == Kind.PAID and status.order:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = status.landing
        return response
    if turn in _ASK_AT and status.attempt.is_live and status.kind != Kind.OPENING:
        transaction.on_commit(partial(dispatch, "payments.tasks.settle_attempt", str(status.attempt.pk)))
    return render(request, "payments/_status.html", _context(request, status))


@csrf_exempt
@require_POST
@never_cache
@reads_the_raw_body
def webhook(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a provider's notification: verify, store, answer; a job does the rest.

    What is too large or too much is turned away before its body is read. The body is never longer than its
    `Content-Length`, beyond which the server reads nothing.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    # Leading zeros are stripped before its digits are cut to twelve: they would hide a large number.
    if not (length.isascii() and length.isdigit()) or int(length.lstrip("0")[:12] or "0") > _WEBHOOK_BYTES:
        return _plain(413)
    if provider not in gateways.GATEWAYS or provider_settings.is_absent(provider, settings):
        return _plain(404)
    source = limits.source_of(request)
    if not limits.may_request(provider, source):
        return _plain(429)
    try:
        body = read_body(request, seconds=_WEBHOOK_SECONDS)
    except BodyTooSlow:
        return _plain(408)  # A provider sends again.
    except UnreadablePostError:
        return _plain(400)  # The sender hung up: nobody reads this, and a provider sends again.
    raw = RawWebhook(
        body=body,
        headers={name.lower(): value for name, value in request.headers.items()},
        query={name: values[0] for name, values in request.GET.lists() if values},
    )
    return _plain(processing.receive(provider, raw, source=source))


def _plain(status: int) -> HttpResponse:
    """Answer a provider in plain text; a refused one gets Retry-After."""
    response = HttpResponse(f"{_WORDS.get(status, 'refused')}\n", status=status, content_type="text/plain")
    if status == 429:
        response["Retry-After"] = str(limits.WINDOW)
    return response


def _payable(request: HttpRequest, token: str) -> Payable:
    payable = payables.by_token(token, request.user)
    if payable is None:
        raise Http404
    return payable


def _unavailable(error: PaymentUnavailable) -> str:
    words = _(
        "%(provider)s does not answer at the moment. Nothing was charged and your products stay reserved: try again, "
        "or pay another way."
    )
    return words % {"provider": gateways.get(error.gateway).label}


def _actor(request: HttpRequest) -> str:
    """Return how the trail names the shopper. No address: an act that settles writes it into the stock's ledger,
    whose rows are never changed, not even when their buyer wants to be forgotten; the session tells who it was."""
    return "shopper"


def _may_ask(attempt: PaymentAttempt) -> bool:
    """Let a page ask the provider at most every three seconds per attempt, however often it is loaded."""
    try:
        return bool(cache.add(f"asked:{attempt.pk}", 1, timeout=3))
    except (RedisError, OSError):
        return True


def _attempt(token: str) -> PaymentAttempt:
    """Return the attempt of a return address, with its purchase. Raises: Http404."""
    found = _ATTEMPT.first(token)
    if found is None:
        raise Http404
    return found


_ATTEMPT: Final = KeptQuery(
    lambda token: PaymentAttempt.objects.select_related("payable__purchase").filter(token=token).order_by(),
    str,
)


def _status(token: str, *, has_left: bool) -> AttemptStatus:
    return describe(_attempt(token), has_left=has_left)


def _answer(request: HttpRequest, token: str, *, has_left: bool) -> HttpResponse:
    status = _status(token, has_left=has_left)
    if status.kind == Kind.PAID and status.order:
        return redirect(status.landing)
    return render(request, "payments/status.html", _context(request, status))


def _unanswered(
    request: HttpRequest, payable: Payable, error: PaymentUnavailable, *, chosen: str
) -> HttpResponse:
    """Say that the provider does not answer: what is kept, until when, and what can be done."""
    attempt = payable.attempts.filter(gateway=error.gateway, status__in=PaymentAttempt.LIVE).first()
    data = silence(payable, error.gateway, wanted=chosen, attempt=attempt)
    return waiting_page.tell_silent(request, data)


def _refused(request: HttpRequest, payable: Payable, error: PaymentRefused) -> HttpResponse:
    """Show that the provider refuses the purchase (or to end the one begun): why, and what can be done."""
    mine = payable.attempts.filter(gateway=error.gateway, status__in=PaymentAttempt.LIVE)
    old = mine.exclude(redirect_url="").first() if error.is_about_old else None
    return waiting_page.tell_refused(request, refusal(payable, error.gateway, error.reason, old=old))


def _context(request: HttpRequest, status: AttemptStatus) -> dict[str, object]:
    turn = _turn(request)
    pace = next((seconds for until, seconds in _PACE if turn < until), 0)
    return {
        "status": status,
        "silence": status.silence,
        "refusal": status.refusal,
        "fragment": f"payments/_{status.kind}.html",
        "pace": pace if status.is_open else 0,
        "reload_seconds": max(pace, 5),
        "turn": turn + 1,
        "has_left": "left" in request.GET,
        "gave_up": turn >= _LAST_TURN,
    }


def _turn(request: HttpRequest) -> int:
    raw = request.GET.get("turn", "0")
    return min(int(raw), _LAST_TURN) if raw.isascii() and raw.isdigit() and len(raw) < 4 else 0
