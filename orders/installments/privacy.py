"""Personal data in plans of instalments: exported, an obstacle while something is owed, erased as the invoice's are.

The contract that was accepted names its buyer, as the invoice does, and stays as long. Everything else goes at once:
the address from which it was accepted, the account, what people wrote of the person, and the secret links.
"""

from collections.abc import Iterable
from typing import Final

import pgtrigger
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from orders.models import (
    CheckoutSession,
    InstallmentBill,
    InstallmentEvent,
    InstallmentPlan,
    InstallmentQuote,
    Order,
)
from shop.core.ids import token
from shop.core.json_types import JsonObject
from shop.core.money import ZERO, display
from shop.core.privacy import personal_data
from shop.core.privacy.personal_data import ERASED, Obstacle, Person

_TERMS: Final = ("currency", "base", "total", "count", "rate_name", "rate_text")
# What triggers keep from being changed, except by an erasure.
_EVENTS: Final = "orders.InstallmentEvent:append_only"
_CONTRACT: Final = "orders.InstallmentPlan:terms_never_change"


def export(orders: "QuerySet[Order]") -> list[JsonObject]:
    """Return the plans of these orders: terms, contract, instalments with what happened to them, bills."""
    plans = InstallmentPlan.objects.filter(order__in=orders).select_related("order")
    plans = plans.prefetch_related("installments__events", "bills")
    return [
        {
            "order": plan.order.number,
            **personal_data.plain(
                plan, *_TERMS, "status", "sold_on", "accepted_at", "accepted_from", "contract", "settled_at"
            ),
            "instalments": [
                {
                    **personal_data.plain(
                        row,
                        "number",
                        "amount",
                        "due_date",
                        "paid",
                        "late",
                        "waived",
                        "reduced",
                        "open_amount",
                    ),
                    "events": [
                        personal_data.plain(event, "kind", "amount", "note", "created_at")
                        for event in row.events.all()
                    ],
                }
                for row in sorted(plan.installments.all(), key=lambda row: row.number)
            ],
            "bills": [
                personal_data.plain(bill, "amount", "currency", "status", "created_at", "paid_at")
                for bill in plan.bills.all()
            ],
        }
        for plan in plans.order_by("accepted_at")
    ]


def export_quotes(sessions: "QuerySet[CheckoutSession]") -> list[JsonObject]:
    """Return the quotes that were shown in these checkouts and did not become plans."""
    quotes = InstallmentQuote.objects.filter(checkout__in=sessions, plan=None).order_by("shown_at")
    return [personal_data.plain(quote, *_TERMS, "shown_at", "valid_until") for quote in quotes]


def obstacles(orders: "QuerySet[Order]") -> Iterable[Obstacle]:
    """Put an erasure off while something of a plan is owed."""
    plans = InstallmentPlan.objects.filter(order__in=orders, status__in=InstallmentPlan.LIVE)
    for plan in plans.select_related("order").prefetch_related("installments").order_by("accepted_at")[:20]:
        owed = sum((row.open_amount for row in plan.installments.all()), ZERO)
        yield Obstacle(
            f"plan:{plan.order.number}",
            _("Order #%(number)s is paid in instalments: %(amount)s of it is still to be paid.")
            % {"number": plan.order.number, "amount": display(owed, plan.currency)},
        )


def erase(order: Order, person: Person) -> int:
    """Empty the plan of a locked order but for its contract's name; return how many rows were changed."""
    plan = InstallmentPlan.objects.filter(order=order).first()
    if plan is None:
        return 0
    contract = plan.contract
    for word in (order.email, order.phone):
        contract = contract.replace(word, ERASED) if word else contract
    with pgtrigger.ignore(_CONTRACT):
        InstallmentPlan.objects.filter(pk=plan.pk).update(accepted_from="", user=None, contract=contract)
    for bill in plan.bills.all():
        InstallmentBill.objects.filter(pk=bill.pk).update(token=token())
    with pgtrigger.ignore(_EVENTS):
        events = InstallmentEvent.objects.filter(installment__plan=plan)
        return 1 + personal_data.scrub_fields(events, person, "note", "actor")


def erase_contract(order: Order) -> None:
    """Take the buyer's name out of the contract, when the invoice loses it too. `order` still has the name."""
    plan = InstallmentPlan.objects.filter(order=order).first()
    if plan is None:
        return
    contract = plan.contract
    for word in (order.full_name, order.document_number):
        contract = contract.replace(word, ERASED) if word else contract
    with pgtrigger.ignore(_CONTRACT):
        InstallmentPlan.objects.filter(pk=plan.pk).update(contract=contract)
