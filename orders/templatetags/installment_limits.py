"""What the staff read of a customer's instalments on the customer's page, which is of an app below this one."""

from dataclasses import dataclass
from decimal import Decimal

from django import template

from orders.installments import limits
from shop.accounts.models import User

register = template.Library()


@dataclass(frozen=True, slots=True)
class CustomerCredit:
    """Open plans, what is owed by them, and why another cannot begin now ("": nothing is against it)."""

    plans: int
    owed: Decimal
    refusal: str


@register.simple_tag
def credit_of(user: User) -> CustomerCredit:
    """Return what a customer owes in instalments (a few queries)."""
    found = limits.exposure(user)
    return CustomerCredit(found.plans, found.amount, limits.refusal(user))
