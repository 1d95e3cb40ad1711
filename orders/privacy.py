"""Personal data in orders: carts, checkouts, orders. Erased except what an invoice needs, until that expires too.

Of a paid order stay, for as long as the law of the billing address' country asks (`shop.core.countries`): the fiscal
name and document, the billing address, the lines and the sums. Everything else of the buyer goes.
"""

from collections.abc import Iterable
from typing import Final

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory import reservations
from orders import fiscal_expiry
from orders.checkout import sessions
from orders.claims import privacy as claims
from orders.fulfilment import privacy as shipments
from orders.installments import privacy as plans
from orders.invoices import privacy as invoices
from orders.models import (
    AddressSnapshot,
    Cancellation,
    Cart,
    CheckoutSession,
    LabelPurchase,
    Order,
    OrderHold,
    Reimbursement,
    TrackingEvent,
    WithdrawalRequest,
)
from orders.returns import privacy as returns
from shop.core.ids import token
from shop.core.json_types import JsonObject
from shop.core.models import Event
from shop.core.moments import moment
from shop.core.privacy import personal_data
from shop.core.privacy.personal_data import Obstacle, Person
from shop.core.states import record

_BUYER: Final = (
    "email",
    "first_name",
    "last_name",
    "phone",
    "document_type",
    "document_number",
    "tax_condition",
)
_UNDER_WAY: Final = CheckoutSession.Status.AWAITING_PAYMENT


def _sessions(person: Person) -> "QuerySet[CheckoutSession]":
    """Return the person's checkouts, those whose orders still name them included."""
    return CheckoutSession.objects.filter(
        person.owns() | person.owns(email="order__email", user="order__user_id")
    ).distinct()


def _carts(person: Person) -> "QuerySet[Cart]":
    if not person.user_id:
        return Cart.objects.none()
    return Cart.objects.filter(Q(user_id=person.user_id) | Q(buyer_id=person.user_id))


def _orders(person: Person) -> "QuerySet[Order]":
    return Order.objects.filter(
        person.owns() | person.owns(email="checkout__email", user="checkout__user_id")
    )


def _withdrawals(person: Person) -> "QuerySet[WithdrawalRequest]":
    return WithdrawalRequest.objects.filter(person.owns(email="email", user="order__user_id"))


# -- Handing out -------------------------------------------------------------------------------------------------------


def _export(person: Person) -> JsonObject:
    orders = (
        _orders(person)
        .select_related("shipping_address", "billing_address")
        .prefetch_related(
            "lines",
            "adjustments",
            "reimbursements",
            "shipments__lines__order_line",
            "cancellations__lines__order_line",
        )
    )
    open_ = _sessions(person).filter(order=None).select_related("shipping_address", "billing_address")
    carts = _carts(person).prefetch_related("lines__variant")
    return {
        "orders": [_order_data(order) for order in orders.order_by("placed_at")],
        "checkouts_without_an_order": [
            {
                **personal_data.plain(
                    session, "created_at", "status", *_BUYER, "accepted_terms_at", "total", "currency"
                ),
                **_addresses(session),
            }
            for session in open_.order_by("created_at")
        ],
        "cart": [
            {"sku": line.variant.sku, **personal_data.plain(line, "quantity", "created_at")}
            for cart in carts
            for line in cart.lines.all()
        ],
        "instalment_plans": plans.export(_orders(person)),
        "instalment_quotes": plans.export_quotes(_sessions(person)),
        "withdrawal_requests": [
            personal_data.plain(
                asked, "code", "order_number", "email", "message", "created_at", "status", "answer"
            )
            for asked in _withdrawals(person).order_by("created_at")
        ],
        "consents": _consents(person),
    }


def _consents(person: Person) -> list[dict[str, object]]:
    return [
        {"what": "terms of sale", "when": moment(session.accepted_terms_at)}
        for session in _sessions(person).order_by("created_at")
        if session.accepted_terms_at
    ]


def _order_data(order: Order) -> dict[str, object]:
    return {
        **personal_data.plain(
            order,
            "number",
            "status",
            "placed_at",
            *_BUYER,
            "currency",
            "subtotal",
            "shipping_name",
            "shipping_total",
            "total",
            "transaction_id",
            "invoice_number",
            "language",
            "branch_name",
        ),
        **_addresses(order),
        "lines": [
            personal_data.plain(line, "sku", "name", "quantity", "unit_price", "total")
            for line in order.lines.all()
        ],
        "adjustments": [
            personal_data.plain(row, "kind", "label", "amount", "tax") for row in order.adjustments.all()
        ],
        "shipments": shipments.export(order),
        "reimbursements": [
            personal_data.plain(owed, "amount", "currency", "status", "reason", "created_at", "paid_at")
            for owed in order.reimbursements.all()
        ],
        "cancellations": _cancellations(order),
        "returns": returns.export(order),
        "claims": claims.export(order),
        "exchanges": claims.export_exchanges(order),
        "invoices": invoices.export(order),
        **_shipping_data(order),
    }


def _cancellations(order: Order) -> list[dict[str, object]]:
    return [
        {
            **personal_data.plain(made, "by", "reason", "note", "created_at"),
            "units": {line.order_line.sku: line.quantity for line in made.lines.all()},
        }
        for made in order.cancellations.all()
    ]


def _shipping_data(order: Order) -> dict[str, object]:
    """Return what carriers were asked and said about an order."""
    return {
        "labels": [
            personal_data.plain(label, "carrier", "status", "numbers", "created_at", "sent_at")
            for label in LabelPurchase.objects.filter(shipment__order=order).defer("pdf")
        ],
        "tracking": [
            personal_data.plain(event, "carrier", "number", "text", "place", "at")
            for event in TrackingEvent.objects.filter(shipment__order=order)
        ],
    }


def _addresses(row: object) -> dict[str, object]:
    return {
        name: personal_data.plain(getattr(row, name), *fiscal_expiry.ADDRESS) if getattr(row, name) else None
        for name in ("shipping_address", "billing_address")
    }


# -- Erasing -----------------------------------------------------------------------------------------------------------


def _obstacles(person: Person) -> Iterable[Obstacle]:
    """Put the erasure off while a purchase is being paid or an order is on its way to its buyer."""
    if _sessions(person).filter(status=_UNDER_WAY).exists():
        yield Obstacle("paying", _("A purchase is being paid right now."))
    owed = Reimbursement.objects.filter(order__in=_orders(person), status=Reimbursement.Status.OWED)
    if owed.exists():
        yield Obstacle("reimbursement", _("Money is owed to you and has not been paid back yet."))
    yield from plans.obstacles(_orders(person))
    yield from returns.obstacles(_orders(person))
    # One that was delivered can still be returned or withdrawn from.
    still = _orders(person).filter(
        status__in=[Order.Status.CONFIRMED, Order.Status.COMPLETED],
        placed_at__gt=timezone.now() - settings.ERASURE_QUIET,
    )
    for asked in (
        _withdrawals(person).filter(status=WithdrawalRequest.Status.RECEIVED).order_by("created_at")[:20]
    ):
        yield Obstacle(
            f"withdrawal:{asked.code}",
            _("Withdrawal request %(code)s is not answered yet.") % {"code": asked.code},
        )
    for order in still.order_by("placed_at")[:20]:
        until = timezone.localtime(order.placed_at + settings.ERASURE_QUIET)
        yield Obstacle(
            f"order:{order.number}",
            _("Order #%(number)s is still under way: it can be returned or withdrawn from until %(day)s.")
            % {"number": order.number, "day": date_format(until.date(), "SHORT_DATE_FORMAT")},
        )


def _needles(person: Person) -> Iterable[str]:
    for model in (CheckoutSession, Order):
        rows = model._default_manager.filter(person.owns()).select_related(
            "shipping_address", "billing_address"
        )
        for row in rows:
            yield from (row.full_name, row.phone, row.document_number)
            for address in (row.shipping_address, row.billing_address):
                if address is not None:
                    yield from (address.recipient, address.street, address.phone)


def _erase(person: Person) -> int:
    """Erase cart and checkouts, one transaction each; what is being paid is left (it puts the erasure off)."""
    changed = 0
    for cart in _carts(person):
        changed += _drop_cart(cart)
    for session in _sessions(person).filter(status=CheckoutSession.Status.OPEN):
        sessions.cancel(session, "privacy", "buyer erased")
    changed += personal_data.each(
        _withdrawals(person).exclude(email=""), lambda asked: _erase_withdrawal(asked, person)
    )
    return changed + personal_data.each(
        _sessions(person).exclude(status=_UNDER_WAY), lambda session: _erase_session(session, person)
    )


def _erase_withdrawal(asked: WithdrawalRequest, person: Person) -> int:
    """Keep that a request was made and answered, and when; nothing of who made it."""
    asked.email, asked.message, asked.answer = "", "", personal_data.scrub(asked.answer, person)
    asked.save(update_fields=["email", "message", "answer", "updated_at"])
    return 1


def _drop_cart(cart: Cart) -> int:
    """Delete an account's cart with its reservations, in the lock order: cart, its checkouts, levels."""
    for session in cart.checkouts.filter(status=CheckoutSession.Status.OPEN):
        sessions.cancel(session, "privacy", "buyer erased")
    if cart.checkouts.filter(status=_UNDER_WAY).exists():
        return 0

    def drop(locked: Cart) -> int:
        list(locked.checkouts.order_by("pk").select_for_update(of=("self",), no_key=True))
        locked.delete()
        reservations.release(cart_id=cart.pk, reason="cart purged", actor="privacy")
        return 1

    return personal_data.each(Cart.objects.filter(pk=cart.pk), drop)


def _erase_session(session: CheckoutSession, person: Person) -> int:
    """Empty a checkout, its order, its addresses, mails and events (the session is locked by the caller)."""
    order = Order.objects.select_for_update(of=("self",)).filter(checkout=session).first()
    fiscal = None
    changed = personal_data.forget_trail(session.pk, person)
    if order is not None:
        fiscal = _erase_order(order, person)
        changed += 1
    addresses = {session.shipping_address_id, session.billing_address_id} - {None, fiscal}
    changed += AddressSnapshot.objects.filter(pk__in=[key for key in addresses if key]).update(
        **fiscal_expiry.EMPTY_ADDRESS
    )
    for name in _BUYER:
        setattr(session, name, "")
    session.user, session.token = None, token()
    session.save(update_fields=[*_BUYER, "user", "token", "updated_at"])
    return changed + 1


def _erase_order(order: Order, person: Person) -> object:
    """Empty an order but for its invoice; return the key of the address that stays with it.

    The secret link changes: the one in the buyer's mails opens nothing any more.
    """
    fiscal = order.billing_address_id or order.shipping_address_id
    if order.fiscal_erased_at is None and fiscal:
        kept = AddressSnapshot.objects.filter(pk=fiscal)
        # A delivery address that serves for the invoice may name somebody else: the order names the buyer.
        kept.update(phone="", **({} if order.billing_address_id else {"recipient": ""}))
    if order.shipping_address_id and order.shipping_address_id != fiscal:
        AddressSnapshot.objects.filter(pk=order.shipping_address_id).update(**fiscal_expiry.EMPTY_ADDRESS)
    for reservation in OrderHold.objects.filter(order=order):
        OrderHold.objects.filter(pk=reservation.pk).update(
            reason=personal_data.scrub(reservation.reason, person),
            release_reason=personal_data.scrub(reservation.release_reason, person),
        )
    for owed in Reimbursement.objects.filter(order=order):
        Reimbursement.objects.filter(pk=owed.pk).update(
            reason=personal_data.scrub(owed.reason, person),
            last_error=personal_data.scrub(owed.last_error, person),
        )
    for made in Cancellation.objects.filter(order=order).exclude(note=""):
        Cancellation.objects.filter(pk=made.pk).update(note=personal_data.scrub(made.note, person))
    shipments.erase(order, person)
    claims.erase(order, person)
    plans.erase(order, person)
    returns.erase(order, person)
    first = order.erased_at is None
    order.user, order.email, order.phone, order.note = None, "", "", ""
    order.secret, order.erased_at = token(), order.erased_at or timezone.now()
    order.save(update_fields=["user", "email", "phone", "note", "secret", "erased_at", "updated_at"])
    for event in Event.objects.filter(subject_type="orders.order", subject_id=order.pk):
        personal_data.scrub_event(event, person)
    if first:
        record(order, "buyer erased", actor="privacy")
    return fiscal


personal_data.contribute(
    personal_data.Part(
        name="orders",
        label=gettext_lazy("Carts, checkouts and orders"),
        position=20,
        export=_export,
        erase=_erase,
        obstacles=_obstacles,
        needles=_needles,
        expire=fiscal_expiry.expire,
        counts=lambda person: {
            "orders": _orders(person).count(),
            "checkouts": _sessions(person).filter(order=None).count(),
        },
    )
)
