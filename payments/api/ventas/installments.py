"""Instalments of the client contract: lists, one of them, and how it is paid in a browser or in an app."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Router

from orders.installments import bills
from orders.installments.bills import NothingToPay
from orders.models import Installment, InstallmentPlan, Payable
from payments import gateways
from payments.api import refusals
from payments.api.ventas import answers, words
from payments.api.ventas.schemas import Cuota, IntencionDePago, LinkDePago
from payments.checkout import attempts, methods, presses
from payments.models import PaymentAttempt
from shop.accounts.api.auth import bearer
from shop.core.api import paging, problems
from shop.core.api.document import refusals as refused_with
from shop.core.api.idempotency import once_per_key
from shop.core.api.paging import Cursor
from shop.core.audit import actors
from shop.core.protection.bulkhead import slot

router = Router(tags=["ventas"], auth=bearer)
Status = PaymentAttempt.Status
_ORDER: Final = ("due_date", "id")


class _Paid(NamedTuple):
    """Where an instalment is paid: an attempt that is ready, and its secret where an app confirms it."""

    attempt: PaymentAttempt
    secret: str = ""


@router.get("/mis-cuotas/", response=list[Cuota])
def mine(request: HttpRequest, response: HttpResponse, cursor: Cursor) -> object:
    """List the account's instalments, the first due first."""
    return _page(request, response, answers.installments_of(request.auth), cursor)  # type: ignore[attr-defined]


@router.get("/mis-cuotas/pendientes/", response=list[Cuota])
def pending(request: HttpRequest, response: HttpResponse, cursor: Cursor) -> object:
    """List the account's instalments that are still to be paid, the first due first."""
    rows = answers.installments_of(request.auth)  # type: ignore[attr-defined]
    rows = rows.filter(open_amount__gt=0, plan__status__in=InstallmentPlan.LIVE)
    return _page(request, response, rows, cursor)


@router.get("/cuotas/{int:number}/", response={200: Cuota, **refused_with(403, 404)})
def one(request: HttpRequest, number: int) -> object:
    """Return one instalment."""
    return answers.installments([_mine(request, number)])[0]


@router.post(
    "/cuotas/{int:number}/generar-link-pago/", response={200: LinkDePago, **refused_with(400, 403, 404)}
)
@once_per_key(in_transaction=False)
def link(request: HttpRequest, number: int) -> object:
    """Begin the payment of an instalment in a browser, in full; the payment's webhook marks it paid."""
    row = _mine(request, number)
    attempt = _begin(request, row, in_app=False).attempt
    return {
        "checkout_url": attempt.voucher_url or attempt.redirect_url,
        "session_id": attempt.external_id,
        "cuota_id": row.public_number,
        "monto": attempt.amount,
    }


@router.post(
    "/cuotas/{int:number}/crear-payment-intent/",
    response={200: IntencionDePago, **refused_with(400, 403, 404)},
)
@once_per_key(in_transaction=False)
def intent(request: HttpRequest, number: int) -> object:
    """Begin the payment of an instalment in an app, in full: a PaymentIntent of Stripe that the app confirms."""
    row = _mine(request, number)
    found = _begin(request, row, in_app=True)
    if not found.secret:
        raise refusals.bad(words.IN_PROGRESS)
    return {
        "client_secret": found.secret,
        "payment_intent_id": found.attempt.external_id,
        "cuota_id": row.public_number,
        "monto": found.attempt.amount,
    }


def _page(
    request: HttpRequest, response: HttpResponse, rows: "QuerySet[Installment]", cursor: str
) -> Sequence[answers.Answer]:
    found = paging.read(rows, order=_ORDER, cursor=cursor, limit=paging.MOST)
    paging.link_next(request, response, found)
    return answers.installments(found.rows)


def _mine(request: HttpRequest, number: int) -> Installment:
    """Return an instalment of the account's own. Raises: Problem: there is none (404), or it is another's (403)."""
    rows = Installment.objects.select_related("plan__order__checkout__payment_method")
    row = rows.filter(public_number=number).first()
    if row is None:
        raise problems.NOT_FOUND(words.NO_INSTALLMENT)
    if row.plan.user_id != request.auth.pk:  # type: ignore[attr-defined]
        raise problems.FORBIDDEN(words.NOT_YOURS)
    return row


def _begin(request: HttpRequest, row: Installment, *, in_app: bool) -> _Paid:
    """Ask for the whole instalment and begin its payment; one that is begun already is used again."""
    _require_open(row)
    actor = actors.of_visitor(request)
    with refusals.refusing(words.sentence):
        try:
            bill = bills.ask(row.plan, numbers={row.number}, actor=actor, spares_interest=False)
        except NothingToPay:
            row.refresh_from_db()
            _require_open(row)
            raise refusals.bad(words.NOT_OWED) from None
        return _ready(_attempted(bill.payable, row, in_app=in_app))


def _attempted(payable: Payable, row: Installment, *, in_app: bool) -> _Paid:
    gateway = _intents() if in_app else _gateway(row)
    if not in_app:
        return _Paid(presses.begun(payable, gateway, actor="shopper"))
    with slot(gateway):
        return _Paid(*attempts.start_intent(payable=payable, gateway=gateway, actor="shopper"))


def _ready(found: _Paid) -> _Paid:
    """Return what can be paid. Raises: Problem: it is paid already (400), or is being opened elsewhere (503)."""
    if found.attempt.status == Status.PAID:
        raise refusals.bad(words.PAID_ALREADY)
    if found.attempt.status not in {Status.REDIRECTED, Status.PENDING}:
        raise refusals.later(refusals.SHOP_AGAIN)
    return found


def _require_open(row: Installment) -> None:
    if not row.open_amount or not row.plan.is_live:
        raise refusals.bad(words.PAID_ALREADY if answers.is_settled(row) else words.NOT_OWED)


def _gateway(row: Installment) -> str:
    """Return where a sale's instalments are paid: by its own method, else by the card."""
    method = row.plan.order.checkout.payment_method
    code = methods.gateway_of(method) if method else ""
    if not code:
        code = methods.gateway_of(methods.of_gateway(methods.every(), ""))
    if not code:
        raise methods.MethodNotOffered(str(method))
    return code


def _intents() -> str:
    """Return the provider whose payments an app may confirm. Raises: Problem (400): this shop offers none."""
    found = next((one.code for one in gateways.offered() if hasattr(one, "create_intent")), "")
    if not found:
        raise refusals.bad(words.NO_INTENT)
    return found
