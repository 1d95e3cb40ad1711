"""A shop with one object of each kind that the API has, of one customer, and the people who may call it."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.utils import timezone

from catalog import waiting
from catalog.models import Variant
from catalog.tests.factories import CollectionFactory
from inventory import counts
from inventory.reservations import manual
from inventory.tests.factories import LocationFactory, stocked
from orders import payables
from orders.fulfilment import holds, shipments
from orders.installments import quotes
from orders.models import CheckoutSession, Order
from orders.tests.claims.claims import claim_of
from orders.tests.exchanges.exchanges import ask as ask_for_exchange
from orders.tests.exchanges.exchanges import order_with_sizes
from orders.tests.factories import make_order, make_user, make_variant
from orders.tests.installments.plans import ask, make_checkout, make_plan
from orders.tests.returns.returns import ask as ask_for_return
from orders.tests.returns.returns import delivered_order, line_of
from payments.models import PaymentAttempt
from shop.accounts import address_book, devices
from shop.accounts.models import User
from shop.core.outgoing import endpoints
from shop.core.outgoing.addresses import Target
from tests.support.api_client import token_of

# What everybody may see: the catalogue, and what the secret of a link opens to whoever has it.
PUBLIC = (
    "/api/problems/",
    "/api/v1/categories/",
    "/api/v1/collections/",
    "/api/v1/products/",
    "/api/v1/claims/by-order/",
    "/api/v1/exchanges/by-order/",
    "/api/v1/orders/by-secret/",
    "/api/v1/returns/by-order/",
    "/api/v1/waiting-list/links/",
)


@dataclass(slots=True)
class World:
    """The people and their tokens by name; by the beginning of a path the parameters of the customer's objects."""

    people: dict[str, User] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)

    def headers(self, identity: str) -> dict[str, str]:
        """Return what an identity sends with every request; nothing for a stranger."""
        token = self.tokens.get(identity)
        return {"Authorization": f"Bearer {token}"} if token else {}

    def known(self, path: str) -> dict[str, Any]:
        """Return the parameters of a path, by the longest of its beginnings that has some."""
        beginnings = [begin for begin in self.objects if path.startswith(begin)]
        return self.objects[max(beginnings, key=len)] if beginnings else {}


def make_world() -> World:
    """Make the people, and what the customer has.

    `other` is another customer, `clerk` a member of the staff without any permission, `staff` one with all of them;
    `ended` has a token of the customer's whose session has ended.
    """
    world = World()
    for name in ("customer", "other", "clerk", "staff"):
        world.people[name] = make_user(f"{name}@example.com")
    world.people["staff"].user_permissions.set(Permission.objects.all())
    for name in ("clerk", "staff"):
        User.objects.filter(pk=world.people[name].pk).update(is_staff=True)
    for name, user in world.people.items():
        fresh = User.objects.get(pk=user.pk)
        world.tokens[name] = token_of(fresh, second_step=name in {"clerk", "staff"})[1]
    session, world.tokens["ended"] = token_of(world.people["customer"])
    session.delete()
    _buy(world, world.people["customer"])
    _look_after(world, world.people["customer"])
    _work_with(world)
    return world


def _buy(world: World, customer: User) -> None:
    plan = make_plan(customer)
    order = make_order(user=customer)
    begun = make_checkout(customer)
    attempt = PaymentAttempt.objects.create(
        payable=payables.of_purchase(begun),
        purchase=begun,
        gateway="stripe",
        amount=begun.total,
        currency=begun.currency,
        fingerprint="f",
        expires_at=timezone.now() + timedelta(hours=1),
        status="failed",
    )
    world.objects |= {
        "/api/v1/cart/": {"variant": str(begun.lines.get().variant_id)},
        "/api/v1/checkouts/": {"token": begun.token, "quote_id": str(quotes.for_checkout(begun)[0].pk)},
        "/api/v1/orders/": {"number": order.number},
        "/api/v1/orders/by-secret/": {"secret": order.secret},
        "/api/v1/payables/": {"token": begun.token},
        "/api/v1/payments/": {"payment": attempt.token},
        "/api/sales/": {"sale": str(begun.pk)},
        "/api/users/": {"number": customer.public_number},
        "/api/ventas/": {"number": plan.order.number},
        "/api/ventas/cuotas/": {"number": plan.installments.get(number=2).public_number},
        "/api/v1/plans/": {"number": plan.order.number, "one": 1},
    }
    ask(plan, 1)
    CheckoutSession.objects.filter(pk=begun.pk).update(expires_at=timezone.now() + timedelta(hours=1))


def _work_with(world: World) -> None:
    """Give the staff something to work with: the customer's order and plan are theirs to see as well."""
    level, counted = stocked(5), stocked(5, location=LocationFactory.create())
    kept = manual.reserve(
        variant_id=level.variant_id,
        quantity=1,
        owner="Ana",
        reason="asked",
        until=timezone.now() + timedelta(days=1),
        actor="staff:test",
    )
    count = counts.open_count(location_id=counted.location_id, actor="staff:test")
    order = Order.objects.get(number=world.objects["/api/v1/orders/"]["number"])
    kept_back = holds.place_hold(order, kind="staff", source="test", reason="look", actor="staff:test")
    sent = delivered_order()
    back = ask_for_return(sent)
    claim = claim_of(sent, line_of(sent, 1))
    exchanged = ask_for_exchange(*order_with_sizes())
    parcel = shipments.prepare(make_order(), key="k", actor="staff:test")
    target = Target("https://hooks.example.com/", "https", "hooks.example.com", 443, "/", ("93.184.216.34",))
    delivery = endpoints.ping(endpoints.create(target, types=[], actor="staff:test")[0], actor="staff:test")
    variant = Variant.objects.get(pk=level.variant_id)
    world.objects |= {
        "/api/stock/available/": {"productVariantId": variant.public_number},
        "/api/v1/staff/counts/": {"number": count.number},
        "/api/v1/claims/by-order/": {"secret": sent.secret, "ordinal": claim.ordinal},
        "/api/v1/staff/claims/": {"key": str(claim.pk)},
        "/api/v1/exchanges/by-order/": {
            "secret": exchanged.order.secret,
            "ordinal": exchanged.ordinal,
        },
        "/api/v1/staff/exchanges/": {"key": str(exchanged.pk)},
        "/api/v1/returns/by-order/": {"secret": sent.secret, "ordinal": back.ordinal},
        "/api/v1/staff/returns/": {"key": str(back.pk)},
        "/api/v1/staff/shipments/": {"key": str(parcel.pk)},
        "/api/v1/staff/orders/": {"number": order.number, "hold": str(kept_back.pk)},
        "/api/v1/staff/plans/": world.objects["/api/v1/plans/"],
        "/api/v1/staff/reservations/": {"reservation": str(kept[0].pk)},
        "/api/v1/staff/stock-levels/": {"level": str(level.pk)},
        "/api/v1/staff/webhook-deliveries/": {"delivery": str(delivery.pk)},
    }


def _look_after(world: World, customer: User) -> None:
    address = address_book.add(
        customer,
        recipient="Ana",
        street="Av. Corrientes 1234",
        city="Buenos Aires",
        state="Ciudad Autónoma de Buenos Aires",
        postal_code="1043",
        country="AR",
    )
    device, *_others = devices.listed(customer, current="")
    sold_out: Variant = make_variant(0)
    drop = CollectionFactory.create(kind="drop", starts_at=timezone.now() + timedelta(days=1))
    waiting.join(
        email=customer.email, variant=sold_out, collection=None, user=customer, language="es", actor="shopper"
    )
    entry = waiting.of_account(customer).get()
    world.objects |= {
        "/api/problems/": {"code": "invalid"},
        "/api/v1/account/addresses/": {"address": str(address.pk)},
        "/api/v1/account/devices/": {"device": device.id},
        "/api/v1/categories/": {"path": "buzos"},
        "/api/v1/collections/": {"slug": drop.slug},
        "/api/v1/products/": {"slug": sold_out.product.slug},
        "/api/v1/waiting-list/": {"entry": str(entry.pk)},
        "/api/v1/waiting-list/links/": {"token": entry.token},
    }
