"""Sales of the client contract: buying in one payment or in instalments, and what was bought."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from catalog.models import Variant
from inventory.reservations.sellability import sellability_of
from orders import payables
from orders.cart.view import MAX_QUANTITY
from orders.checkout import client_purchases
from orders.checkout.issues import variant_title
from orders.installments import placing, quotes
from orders.installments.quotes import QuoteOutdated
from orders.models import InstallmentPlan, InstallmentQuote, Order, PaymentMethod, Purchase
from payments.api import refusals
from payments.api.ventas import answers, words
from payments.api.ventas.schemas import CompraAlContado, CompraEnCuotas, Cuota, NuevaVenta, Venta
from payments.checkout import client_sales, methods, presses
from payments.checkout.methods import MethodNotOffered
from payments.checkout.refusals import PaymentRefused, PaymentUnavailable
from payments.gateways.base import NotAsked
from payments.models import PaymentAttempt
from shop.accounts.api.auth import bearer
from shop.accounts.models import User
from shop.core.api import idempotency, paging, problems
from shop.core.api.document import refusals as refused_with
from shop.core.api.idempotency import once_per_key
from shop.core.api.paging import Cursor
from shop.core.api.problems import Problem
from shop.core.audit import actors
from shop.core.web import visitors

router = Router(tags=["ventas"], auth=bearer)
_ORDER: Final = ("-placed_at", "-id")
# The day may change between the quote and its acceptance; the next quote is of the new day.
_TRIES: Final = 2


class _Purchase(NamedTuple):
    """What a request asks for: units by variant, by which method, in how many instalments, for whom."""

    wanted: dict[UUID, int]
    method: PaymentMethod
    installments: int
    user: User
    actor: str


@router.post("/", response={200: CompraAlContado, 201: CompraEnCuotas, **refused_with(400)})
@once_per_key(in_transaction=False)
def create(request: HttpRequest, body: NuevaVenta) -> object:
    """Buy in one payment (200: nothing is sold before it is paid), or in instalments (201: sold at once)."""
    with refusals.refusing(words.sentence):
        purchase = _read(request, body)
        session = _begin(request, purchase, body)
        with _giving_up(session, purchase.actor):
            if purchase.installments == 1:
                return Status(200, _at_once(session, purchase))
            return Status(201, _in_installments(request, session, purchase))


@router.get("/mis-ventas/", response=list[Venta])
def mine(request: HttpRequest, response: HttpResponse, cursor: Cursor) -> object:
    """List the account's sales, the newest first, each with its lines and instalments."""
    user: User = request.auth  # type: ignore[attr-defined]
    found = paging.read(answers.sales_of(user), order=_ORDER, cursor=cursor, limit=paging.MOST)
    paging.link_next(request, response, found)
    return answers.sales(found.rows, user)


@router.get("/{int:number}/", response={200: Venta, **refused_with(404)})
def one(request: HttpRequest, number: int) -> object:
    """Return one sale of the account."""
    return answers.sales([_sale(request, number)], request.auth)[0]  # type: ignore[attr-defined]


@router.get("/{int:number}/cuotas/", response={200: list[Cuota], **refused_with(404)})
def installments(request: HttpRequest, number: int) -> object:
    """List the instalments of one sale; none where it was bought in one payment."""
    order = _sale(request, number)
    plan = InstallmentPlan.objects.filter(order=order).first()
    rows = plan.installments.select_related("plan").order_by("number") if plan else []
    return answers.installments(list(rows))


def _sale(request: HttpRequest, number: int) -> Order:
    user: User = request.auth  # type: ignore[attr-defined]
    found = answers.sales_of(user).filter(number=number).first()
    if found is None:
        raise problems.NOT_FOUND(words.NO_SALE)
    return found


# -- Reading what is asked for -----------------------------------------------------------------------------------------


def _read(request: HttpRequest, body: NuevaVenta) -> _Purchase:
    """Return the purchase that a body describes. Raises: Problem (400) with the contract's words."""
    user: User = request.auth  # type: ignore[attr-defined]
    if not body.detalles:
        raise refusals.bad(words.NO_LINES)
    if any(line.cantidad < 1 for line in body.detalles):
        raise refusals.bad(words.BAD_QUANTITY)
    if body.nrocuotas < 1:
        raise refusals.bad(words.NO_COUNT.format(count=body.nrocuotas))
    try:
        method = methods.find(body.metodoPago)
    except MethodNotOffered:
        raise refusals.bad(words.NO_METHOD.format(number=body.metodoPago)) from None
    return _Purchase(_wanted(body), method, body.nrocuotas, user, actors.of_visitor(request))


def _wanted(body: NuevaVenta) -> dict[UUID, int]:
    numbers = Counter(line.producto for line in body.detalles)
    if twice := next((number for number, times in numbers.items() if times > 1), None):
        raise refusals.bad(words.TWICE.format(number=twice))
    rows = client_purchases.variants().filter(
        public_number__in=[number for number in numbers if _is_bigint(number)]
    )
    found = {row.public_number: row for row in rows.select_related("product")}
    if (missing := next((number for number in numbers if number not in found), None)) is not None:
        raise refusals.bad(words.NO_PRODUCT.format(number=missing))
    wanted = {found[line.producto].pk: line.cantidad for line in body.detalles}
    _refuse_absurd(wanted, {row.pk: row for row in found.values()})
    return wanted


def _is_bigint(number: int) -> bool:
    return 0 < number < 2**63


def _refuse_absurd(wanted: dict[UUID, int], variants: dict[UUID, Variant]) -> None:
    """Say of more units than any cart may have how many there are, as the contract does, and not the cart's limit."""
    many = [key for key, units in wanted.items() if units > MAX_QUANTITY]
    for key, found in sellability_of(many).items() if many else ():
        if wanted[key] > found.total:
            variant = variants[key]
            raise refusals.bad(words.short(variant_title(variant.product.name, variant.name), found.total))


# -- Buying ------------------------------------------------------------------------------------------------------------


def _begin(request: HttpRequest, purchase: _Purchase, body: NuevaVenta) -> Purchase:
    """Return the checkout of this purchase, ready to be paid; the one that the same request has begun, if any."""
    contact = client_purchases.contact_of(purchase.user)
    reference, is_one = _reference(request, body)
    session = client_sales.begin(
        user=purchase.user,
        wanted=purchase.wanted,
        method=purchase.method,
        reference=reference,
        is_one=is_one,
        # The buyer's own, for mails: the contract's sentences are Spanish whoever asks.
        language=getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE),
        actor=purchase.actor,
    )
    if session.status != Purchase.Status.OPEN:
        return session
    with _giving_up(session, purchase.actor):
        return client_purchases.complete(session, contact=contact, actor=purchase.actor)


def _reference(request: HttpRequest, body: NuevaVenta) -> tuple[str, bool]:
    """Return what names this request, and whether it is one purchase: a key of the client's is."""
    lines = sorted([line.producto, line.cantidad] for line in body.detalles)
    text = json.dumps([body.metodoPago, body.nrocuotas, lines])
    digest = hashlib.sha256(text.encode()).hexdigest()
    if idempotency.HEADER in request.headers:
        return f"{idempotency.key_of(request)}:{digest}", True
    return digest, False


@contextmanager
def _giving_up(session: Purchase, actor: str) -> Iterator[None]:
    """Let the units go when the purchase is refused; not when trying again helps, which finds them still reserved."""
    try:
        yield
    except (NotAsked, PaymentUnavailable) as error:
        if isinstance(error, PaymentRefused):
            client_purchases.give_up(session, actor=actor)
        raise
    except Problem as problem:
        if problem.kind is not problems.BUSY:
            client_purchases.give_up(session, actor=actor)
        raise
    except Exception:
        client_purchases.give_up(session, actor=actor)
        raise


def _at_once(session: Purchase, purchase: _Purchase) -> answers.Answer:
    """Begin the payment of a purchase at its method's provider."""
    gateway = methods.gateway_of(purchase.method)
    attempt = presses.begun(payables.of_purchase(session), gateway, actor="shopper")
    if attempt.status == PaymentAttempt.Status.CREATED:
        raise refusals.later(refusals.SHOP_AGAIN)
    session.refresh_from_db()
    return {
        "mensaje": words.CREATED_AT_ONCE,
        "checkout_url": attempt.voucher_url or attempt.redirect_url,
        "session_id": attempt.external_id,
        "total": attempt.amount,
        "subtotal": session.subtotal,
        "interes": 0,
        "nrocuotas": 1,
        "nota": words.NOTE_AT_ONCE,
    }


def _in_installments(request: HttpRequest, session: Purchase, purchase: _Purchase) -> answers.Answer:
    """Sell a purchase by the shop's own offer of so many instalments."""
    plan = _accepted(request, session, purchase)
    order = answers.sales_of(purchase.user).get(pk=plan.order_id)
    venta = answers.sales([order], purchase.user)[0]
    return {
        "mensaje": words.CREATED_IN_INSTALLMENTS,
        "venta": venta,
        "productos_comprados": venta["cantidad_productos"],
        "cuotas_generadas": plan.count,
        "monto_por_cuota": answers.per_installment(list(order.plan.installments.all())),
        "nota": words.NOTE_IN_INSTALLMENTS,
    }


def _accepted(request: HttpRequest, session: Purchase, purchase: _Purchase) -> InstallmentPlan:
    """Return the plan that this purchase is sold by; the one there is where it was sold before.

    Raises:
        QuoteOutdated, PlanRefused, NotReady: see `placing.accept`.
        Problem: no such number of instalments is offered for it (400).
    """
    for left in reversed(range(_TRIES)):
        sold = InstallmentPlan.objects.filter(order__checkout=session).first()
        if sold is not None:
            return sold
        quote = _quote(session, purchase.installments)
        try:
            return placing.accept(
                session,
                user=purchase.user,
                quote_id=quote.pk,
                accepts=True,
                address=visitors.address_of(request),
                actor=purchase.actor,
            )
        except QuoteOutdated:
            if not left:
                raise
    raise AssertionError("unreachable")


def _quote(session: Purchase, count: int) -> InstallmentQuote:
    found = [quote for quote in quotes.for_checkout(session) if quote.count == count]
    if not found:
        raise refusals.bad(words.NO_COUNT.format(count=count))
    return min(found, key=lambda quote: quote.total)
