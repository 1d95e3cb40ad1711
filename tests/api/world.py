"""A shop with one object of each kind that the API has, of one customer, and the people who may call it."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Permission

from orders.installments import quotes
from orders.models import Order
from orders.tests.factories import make_order, make_user
from orders.tests.installments.plans import ask, make_checkout, make_plan
from shop.accounts.models import User
from tests.support.api_client import token_of


@dataclass(slots=True)
class World:
    """The people by name, and by path the parameters of objects that exist and are the customer's."""

    people: dict[str, User] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)

    def headers(self, identity: str) -> dict[str, str]:
        """Return what an identity sends with every request; nothing for a stranger."""
        token = self.tokens.get(identity)
        return {"Authorization": f"Bearer {token}"} if token else {}

    def known(self, path: str) -> dict[str, Any]:
        """Return the parameters of a path by the longest beginning that is known."""
        beginnings = [begin for begin in self.objects if path.startswith(begin)]
        return self.objects[max(beginnings, key=len)] if beginnings else {}


def make_world() -> World:
    """Make the people, and what the customer has."""
    world = World()
    for name in ("customer", "other", "staff", "clerk"):
        world.people[name] = make_user(f"{name}@example.com")
    staff = world.people["staff"]
    staff.user_permissions.set(Permission.objects.all())
    for name in ("staff", "clerk"):
        User.objects.filter(pk=world.people[name].pk).update(is_staff=True)
    for name, user in world.people.items():
        world.tokens[name] = token_of(User.objects.get(pk=user.pk), second_step=name in {"staff", "clerk"})[1]
    _own(world, world.people["customer"])
    return world


def _own(world: World, customer: User) -> None:
    plan = make_plan(customer)
    order = make_order(user=customer)
    begun = make_checkout(customer)
    bill = ask(plan, 1)
    variant = begun.lines.get().variant_id
    world.objects = {
        "/api/problems/": {"code": "invalid"},
        "/api/v1/cart/": {"variant": str(variant)},
        "/api/v1/checkouts/": {
            "token": begun.token,
            "quote_id": str(quotes.for_checkout(begun)[0].pk),
        },
        "/api/v1/orders/": {"number": order.number, "secret": Order.objects.get(pk=order.pk).secret},
        "/api/v1/payables/": {"token": bill.token},
        "/api/v1/plans/": {"number": plan.order.number, "one": 1},
    }
