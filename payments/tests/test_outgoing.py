"""What other systems are told of money; and every type is made of an event that there is."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from orders.tests.admin.test_orders import pay
from orders.tests.factories import make_order
from payments.models import Dispute, Payment, PaymentAttempt
from payments.refunds import refund_requests
from payments.refunds.refund_state import move_refund
from shop.core import states
from shop.core.audit.labels import KINDS
from shop.core.models import OutgoingMessage
from shop.core.outgoing import endpoints, types
from shop.core.outgoing.addresses import Target

TARGET = Target("https://hooks.example.com/x", "https", "hooks.example.com", 443, "/x", ("93.184.216.34",))


def test_every_type_is_made_of_a_state_or_an_act_that_there_is():
    """A misspelt state would be told never, and nobody would notice."""
    assert len(states._listeners) > 25
    for subject, kind, field, to in states._listeners:
        model = apps.get_model(subject)
        if kind == "state":
            choices: Any = model._meta.get_field(field).choices
            assert to in dict(choices), (subject, field, to)
        else:
            assert kind in KINDS, (subject, kind)


@pytest.mark.django_db
def test_money_is_told_from_the_payment_to_the_end_of_its_dispute():
    payment: Payment = pay(make_order())
    endpoints.create(TARGET, types=types.all_types(), actor="a")
    attempt = payment.attempt
    assert attempt is not None
    refund = refund_requests.request(payment, Decimal(1), "staff", "gift", "k", actor="a")
    assert move_refund(refund, "succeeded", actor="a", succeeded_at=timezone.now())
    PaymentAttempt.objects.filter(pk=attempt.pk).update(status="pending")
    attempt.refresh_from_db()
    assert states.move(attempt, "failed", actor="a")
    dispute = Dispute.objects.create(
        payment=payment,
        gateway=payment.gateway,
        external_id="dp_1",
        status="inquiry",
        amount=payment.amount,
        currency=payment.currency,
        opened_at=timezone.now(),
        respond_by=timezone.now() + timedelta(days=1),
        fetched_at=timezone.now(),
    )
    states.record(dispute, "state", actor="a", field="status", to_state="inquiry")
    assert states.move(dispute, "needs_response", actor="a")
    assert states.move(dispute, "won", actor="a", closed_at=timezone.now())

    found = dict(OutgoingMessage.objects.order_by("pk").values_list("type", "data"))
    order = payment.order
    assert order is not None
    assert list(OutgoingMessage.objects.order_by("pk").values_list("type", flat=True)) == [
        "refund.requested",
        "refund.succeeded",
        "payment.failed",
        "dispute.opened",
        "dispute.won",
    ]
    assert found["refund.succeeded"]["status"] == "succeeded"
    assert found["refund.succeeded"]["amount"] == "1.00"
    assert {found[name]["number"] for name in ("refund.succeeded", "dispute.won")} == {order.number}
    assert found["dispute.opened"]["status"] == "inquiry"
