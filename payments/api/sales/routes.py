"""`/api/sales/…`: a sale is prepared, billed, paid at Mercado Pago and asked about, by the account that began it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Router, Status

from orders import payables
from orders.cart.view import MAX_QUANTITY
from orders.checkout import client_purchases
from orders.checkout.forms import BillingForm
from orders.models import Purchase
from payments.api import refusals
from payments.api.sales import answers
from payments.api.sales.schemas import BillingData, PaymentBegun, Prepare, Prepared, SaleBody, SaleState
from payments.checkout import client_sales, methods, presses
from payments.models import PaymentAttempt
from shop.accounts.api.auth import bearer
from shop.accounts.models import User
from shop.core.api import idempotency, paging, problems
from shop.core.api.document import refusals as refused_with
from shop.core.api.idempotency import once_per_key
from shop.core.api.paging import Cursor
from shop.core.api.problems import FieldProblem
from shop.core.audit import actors

router = Router(tags=["sales"], auth=bearer)
users = Router(tags=["sales"], auth=bearer)
_GATEWAY: Final = "mercadopago"
_ORDER: Final = ("-created_at", "-id")
# Where the body has what a field of the form is about.
_PLACES: Final = {"postal_code": "address/postalCode", "customer_name": "customerName"}


@router.post("/prepare", response={201: Prepared, **refused_with(400)})
@once_per_key(in_transaction=False)
def prepare(request: HttpRequest, body: Prepare) -> object:
    """Begin a sale: prices are the shop's own, and the units are reserved."""
    wanted = _wanted(body)
    reference, is_one = _reference(request, wanted)
    with refusals.refusing():
        session = client_sales.begin(
            user=_user(request),
            wanted=wanted,
            method=methods.for_gateway(_GATEWAY),
            reference=reference,
            is_one=is_one,
            language=get_language() or settings.LANGUAGE_CODE,
            actor=actors.of_visitor(request),
        )
    found = _sale(request, session.pk)
    return Status(
        201,
        {
            "saleId": found.pk,
            "status": answers.status_of(found),
            "totalAmount": found.total,
            "expiresAt": found.expires_at if found.is_live else None,
            "items": answers.items(found),
        },
    )


@router.put("/{uuid:sale}/billing-data", response={200: SaleBody, **refused_with(400, 404)})
def bill(request: HttpRequest, sale: UUID, body: BillingData) -> object:
    """Check and store who buys; it is sent where the shop has set (CLIENT_API_SHIPPING_METHOD)."""
    session = _sale(request, sale)
    form = BillingForm(
        {
            "customer_name": body.customerName,
            "email": body.email,
            "phone": body.phone,
            "street": body.address.street,
            "city": body.address.city,
            "postal_code": body.address.postalCode,
            "state": body.address.state,
        }
    )
    if not form.is_valid():
        raise problems.INVALID(_("Some values cannot be taken."), errors=_wrong(form))
    # The body has no document: the one that is known stays.
    known = {name: getattr(session, name) for name in ("document_type", "document_number")}
    contact = replace(form.contact(is_sent=client_purchases.needs_address()), **known)
    with refusals.refusing():
        client_purchases.complete(session, contact=contact, actor=actors.of_visitor(request))
    return answers.sale(_sale(request, sale), _user(request))


@router.post("/{uuid:sale}/create-payment", response={200: PaymentBegun, **refused_with(400, 404)})
@once_per_key(in_transaction=False)
def pay(request: HttpRequest, sale: UUID) -> object:
    """Begin the payment, or return the one that is begun: it is the same preference while it can be paid."""
    session = _sale(request, sale)
    method = session.payment_method or methods.for_gateway(_GATEWAY)
    gateway = methods.gateway_of(method)
    with refusals.refusing():
        attempt = presses.begun(payables.of_purchase(session), gateway, actor="shopper")
    if attempt.status == PaymentAttempt.Status.PAID:
        raise refusals.bad(_("This purchase is already closed."))
    if attempt.status == PaymentAttempt.Status.CREATED:
        raise refusals.later(refusals.SHOP_AGAIN)
    address = attempt.voucher_url or attempt.redirect_url
    return {"saleId": session.pk, "init_point": address, "paymentUrl": address}


@router.get("/{uuid:sale}", response={200: SaleBody, **refused_with(404)})
def one(request: HttpRequest, sale: UUID) -> object:
    """Return a sale of the account."""
    return answers.sale(_sale(request, sale), _user(request))


@router.get("/{uuid:sale}/status", response={200: SaleState, **refused_with(404)})
def state(request: HttpRequest, sale: UUID) -> object:
    """Return what has become of a sale."""
    return {"saleId": sale, "status": answers.status_of(_sale(request, sale))}


@users.get("/{int:number}/sales", response={200: list[SaleBody], **refused_with(404)})
def history(request: HttpRequest, response: HttpResponse, number: int, cursor: Cursor) -> Any:
    """List the account's own sales, the newest first; another's number is unknown."""
    user = _user(request)
    if number != user.public_number:
        raise problems.NOT_FOUND(_("There is nothing here that you may see."))
    found = paging.read(answers.sales_of(user), order=_ORDER, cursor=cursor, limit=paging.MOST)
    paging.link_next(request, response, found)
    return [answers.sale(session, user) for session in found.rows]


def _user(request: HttpRequest) -> User:
    user: User = request.auth  # type: ignore[attr-defined]
    return user


def _sale(request: HttpRequest, key: UUID) -> Purchase:
    session = answers.sales_of(_user(request)).filter(pk=key).first()
    if session is None:
        raise problems.NOT_FOUND(_("There is nothing here that you may see."))
    return session


def _wanted(body: Prepare) -> dict[UUID, int]:
    """Return variant → units. Raises: Problem (400)."""
    if not body.cartItems:
        raise refusals.bad(_("Your cart is empty."))
    numbers = [item.variantId for item in body.cartItems if isinstance(item.variantId, int)]
    keys = [item.variantId for item in body.cartItems if not isinstance(item.variantId, int)]
    rows = client_purchases.variants().filter(
        Q(public_number__in=[number for number in numbers if 0 < number < 2**63]) | Q(pk__in=keys)
    )
    found: dict[int | UUID, UUID] = {}
    for key, number in rows.values_list("pk", "public_number"):
        found[key] = found[number] = key
    wanted: dict[UUID, int] = {}
    for item in body.cartItems:
        if item.variantId not in found:
            raise refusals.bad(_("There is no such product."))
        key = found[item.variantId]
        if key in wanted or not 0 < item.quantity <= MAX_QUANTITY:
            words = _("Each product once, with a quantity from 1 to %(most)d.")
            raise refusals.bad(words % {"most": MAX_QUANTITY})
        wanted[key] = item.quantity
    return wanted


def _reference(request: HttpRequest, wanted: dict[UUID, int]) -> tuple[str, bool]:
    """Return what names this request, and whether it is one purchase: a key of the client's is."""
    lines = json.dumps(sorted((str(key), units) for key, units in wanted.items()))
    digest = hashlib.sha256(lines.encode()).hexdigest()
    if idempotency.HEADER in request.headers:
        return f"sales:{idempotency.key_of(request)}:{digest}", True
    return f"sales:{digest}", False


def _wrong(form: BillingForm) -> Sequence[FieldProblem]:
    return [
        FieldProblem(
            f"#/{_PLACES.get(name, name if name in {'email', 'phone'} else f'address/{name}')}",
            " ".join(str(word) for word in found),
        )
        for name, found in form.errors.items()
    ]
