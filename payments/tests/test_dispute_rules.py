"""The rules about disputes find what a hand in the database did."""

from decimal import Decimal

import pytest
from django.utils import timezone

from inventory import invariants
from orders.models import OrderHold
from payments import disputed_money
from payments.models import Dispute, Payment
from payments.tests.test_dispute_admin import make_dispute

pytestmark = pytest.mark.django_db
RULES = {"an undecided dispute holds its order", "what was charged back is what was lost"}


def broken() -> list[str]:
    return [
        violation.rule for violation in invariants.check(scope=invariants.SHOP) if violation.rule in RULES
    ]


def test_an_order_that_was_never_held_is_found():
    make_dispute()
    assert broken() == []
    hold = OrderHold.objects.get()
    OrderHold.objects.update(status="released", released_at=timezone.now())
    assert broken() == []  # A person let it go, which is theirs to decide.
    hold.delete()
    assert broken() == ["an undecided dispute holds its order"]


@pytest.mark.parametrize("wrong", ["0.00", "1.00"])
def test_money_that_was_taken_and_not_counted_is_found(wrong: str):
    dispute = make_dispute(status="lost", closed_at=timezone.now())
    Payment.objects.update(status="charged_back")
    payment = Payment.objects.get()
    assert disputed_money.recount(payment) == payment.amount
    assert broken() == []
    Payment.objects.update(charged_back_amount=Decimal(wrong))
    (found,) = [row for row in invariants.check(scope=invariants.SHOP) if row.rule in RULES]
    assert found.rule == "what was charged back is what was lost"
    assert wrong in found.explanation
    Dispute.objects.filter(pk=dispute.pk).update(status="won")
    Payment.objects.update(charged_back_amount=0, status="approved")
    assert broken() == []
