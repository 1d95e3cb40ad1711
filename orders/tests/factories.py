"""Makers of carts, sessions and orders for tests. Stock comes through the ledger, reservations through real verbs."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import factory
from django.db import transaction
from django.utils import timezone

from catalog.models import Category, Variant
from catalog.tests.factories import make_product
from inventory.models import Location, Reservation, StockLevel
from inventory.tests.factories import let_expire, stocked
from orders.cart import carts
from orders.checkout import placement, sessions
from orders.checkout.sessions import AddressData, Contact
from orders.models import Cart, CheckoutSession, Order, ShippingMethod, ShippingRate
from orders.tests import copied_sessions
from shop.accounts.models import User
from shop.core.ids import readable_code

ACTOR = "shopper"


class CartFactory(factory.django.DjangoModelFactory[Cart]):
    """A guest's cart."""

    class Meta:
        model = Cart


class ShippingMethodFactory(factory.django.DjangoModelFactory[ShippingMethod]):
    """A home delivery."""

    class Meta:
        model = ShippingMethod

    name = factory.Sequence(lambda n: f"Correo {n}")
    code = factory.Sequence(lambda n: f"correo-{n}-{readable_code(5).lower()}")
    kind = ShippingMethod.Kind.DELIVERY


class ShippingRateFactory(factory.django.DjangoModelFactory[ShippingRate]):
    """A rate for the whole country."""

    class Meta:
        model = ShippingRate

    method = factory.SubFactory(ShippingMethodFactory)
    country = "AR"
    price = Decimal("6500.00")


def make_user(email: str = "") -> User:
    """Make an account."""
    return User.objects.create_user(email or f"{readable_code(8).lower()}@example.com", "clave-segura-123")


def warehouse() -> Location:
    """Return the one warehouse, made once."""
    return Location.objects.filter(code="deposito").first() or Location.objects.create(
        code="deposito", name="Depósito"
    )


def make_variant(units: int = 10, **fields: Any) -> Variant:
    """Make a variant of a product with pictures, with so many units on hand."""
    category = Category.objects.filter(path_slug="buzos").first() or Category.objects.add_root(
        {"name": "Buzos", "slug": "buzos", "path_slug": "buzos"}
    )
    product = make_product(colours=["Negro"], sizes=["M"], name=f"Buzo {readable_code(8)}", category=category)
    if fields:
        Variant.objects.filter(product=product).update(**fields)
    variant = Variant.objects.select_related("product").get(product=product)
    stocked(units, location=warehouse(), variant=variant)
    return variant


def make_cart(*wanted: tuple[Variant, int], user: User | None = None) -> Cart:
    """Fill a cart through the real verb (an account has one); one new variant when none is named."""
    cart = (Cart.objects.filter(user=user).first() if user else None) or CartFactory.create(user=user)
    for variant, quantity in wanted or ((make_variant(), 1),):
        carts.add(cart=cart, variant_id=variant.pk, quantity=quantity, actor=ACTOR)
    return cart


ADDRESS = AddressData(
    recipient="Ana Gómez",
    street="Av. Corrientes 1234",
    apartment="3 B",
    city="Buenos Aires",
    state="Ciudad Autónoma de Buenos Aires",
    postal_code="1043",
    country="AR",
    phone="1155550000",
)


def make_contact(**changes: Any) -> Contact:
    """Return a complete contact."""
    values: dict[str, Any] = {
        "email": "ana@example.com",
        "first_name": "Ana",
        "last_name": "Gómez",
        "phone": "1155550000",
        "document_type": "DNI",
        "document_number": "30123456",
        "shipping": ADDRESS,
    }
    return Contact(**(values | changes))


def make_session(cart: Cart | None = None, *, user: User | None = None) -> CheckoutSession:
    """Start a checkout of a cart and fill in every step; ready to be paid."""
    if cart is None and user is None and (copy := copied_sessions.copy(lambda: _make_session(None, None))):
        return copy
    return _make_session(cart, user)


def _make_session(cart: Cart | None, user: User | None) -> CheckoutSession:
    cart = cart or make_cart(user=user)
    rate = ShippingRate.objects.filter(is_active=True).first() or ShippingRateFactory.create()
    session = sessions.start(cart=cart, user=user, language="es", actor=ACTOR)
    session = sessions.set_contact(session, contact=make_contact(), actor=ACTOR)
    return sessions.set_shipping(session, rate_id=rate.pk, accepts_terms=True, actor=ACTOR)


def make_awaiting(cart: Cart | None = None, *, user: User | None = None) -> CheckoutSession:
    """Make a session that was sent to payment."""
    session = sessions.freeze_for_payment(make_session(cart, user=user), ACTOR)
    until = timezone.now() + timedelta(minutes=35)
    return sessions.mark_awaiting(session, reserve_until=until, expires_at=until, actor=ACTOR)


def make_order(cart: Cart | None = None, *, user: User | None = None, transaction_id: str = "") -> Order:
    """Make a paid order through the real verbs."""
    session = make_awaiting(cart, user=user)
    with transaction.atomic():
        return placement.place(
            checkout_id=session.pk,
            transaction_id=transaction_id or f"mercadopago:{readable_code(10)}",
            paid_at=timezone.now(),
            actor="provider:mercadopago",
        )


def expire_cart(cart: Cart | None) -> None:
    """Let every reservation of a cart expire without waiting."""
    assert cart is not None
    let_expire(cart_id=cart.pk)


def level_of(variant_id: UUID) -> StockLevel:
    """Return the variant's level at the warehouse."""
    return StockLevel.objects.get(variant_id=variant_id, location=warehouse())


def active(**fields: Any) -> int:
    """Return the units of the active reservations that match."""
    rows = Reservation.objects.filter(status="active", **fields).values_list("quantity", flat=True)
    return sum(rows)
