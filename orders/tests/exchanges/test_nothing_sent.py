"""Nothing is sent for money that has gone: an exchange to be released then is cancelled, a claim sends no new units."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail

from catalog.models import Variant
from inventory.checks import runner
from inventory.reservations import expire_due
from orders.claims import approving, resolving
from orders.claims.approving import Answer
from orders.exchanges import quoting, releasing
from orders.exchanges.quoting import Choice, NothingLeft
from orders.fulfilment import remaining
from orders.models import Claim, Exchange, Order, OrderLine, Return
from orders.tests.claims.claims import claim_of
from orders.tests.exchanges.exchanges import ask, come_back, order_with_sizes, reserved, stock, stock_is_sound
from orders.tests.returns.returns import STAFF, give_but, wanted
from shop.core.mail import outbox


@pytest.fixture(scope="module")
def sizes(shared_rows: Any) -> Iterator[tuple[Order, OrderLine, Variant]]:
    with shared_rows():
        yield order_with_sizes()


def waits_to_be_sent(order: Order) -> bool:
    left = remaining.lines().filter(order=order, unsent__gt=0)
    return left.exists() or order.pk in remaining.keys_not_sent()


@pytest.mark.django_db
def test_an_exchange_whose_money_has_gone_is_cancelled_when_it_is_to_be_released(sizes, client, admin_client):
    order, line, other = sizes
    exchange = ask(order, line, other)
    rma = come_back(exchange)
    give_but(order, Decimal(0))
    at = f"/admin/orders/exchange/{exchange.pk}"
    release = admin_client.get(f"{at}/release/", headers={"accept-language": "en"}).content.decode()
    assert "nothing is sent for it" in release
    assert releasing.release_due() == {"sends nothing": 1}
    exchange.refresh_from_db()
    rma.refresh_from_db()
    assert (exchange.status, exchange.end, rma.status) == ("cancelled", "refunded", Return.Status.CLOSED)
    expire_due()
    assert (reserved(exchange), stock(other), waits_to_be_sent(order)) == (0, (5, 0), False)
    assert stock_is_sound()
    words = "so we do not send the new items"
    page = client.get(rma.get_absolute_url(), headers={"accept-language": "en"}).content.decode()
    assert words in page
    assert "We send you what you chose" not in page
    outbox.send_due()
    assert any("no te enviamos lo nuevo" in sent.body for sent in mail.outbox)
    staff = admin_client.get(f"{at}/change/", headers={"accept-language": "en"}).content.decode()
    assert "what was paid for the order has gone back" in staff
    # Nobody promises the same once more.
    with pytest.raises(NothingLeft):
        quoting.quote(order, [wanted(line, 1, wish="exchange")], [Choice(line.pk, other.pk)])


@pytest.mark.django_db
def test_a_claim_whose_money_has_gone_is_carried_out_without_its_new_units(sizes, client, admin_client):
    order, line, _other = sizes
    units = stock(line.variant)
    claim = claim_of(order, line, 2)
    answer = Answer(replace={claim.lines.get().pk: 2})
    approving.approve(claim, answer, actor=STAFF)
    give_but(order, Decimal(0))
    at = f"/admin/orders/claim/{claim.pk}"
    before = admin_client.get(f"{at}/resolve/", headers={"accept-language": "en"}).content.decode()
    assert "The new units are not sent" in before
    assert resolving.resolve(claim, actor=STAFF)
    assert (claim.status, claim.sends_nothing) == ("resolved", True)
    expire_due()
    assert (stock(line.variant), waits_to_be_sent(order)) == (units, False)
    page = client.get(claim.get_absolute_url(), headers={"accept-language": "en"}).content.decode()
    assert "so we do not send the new items" in page
    assert "We send you new items" not in page
    assert (
        "The new units are not sent"
        in admin_client.get(f"{at}/change/", headers={"accept-language": "en"}).content.decode()
    )
    assert stock_is_sound()
    # What is given next is not promised either.
    other = claim_of(order, line, 1, key="other")
    with pytest.raises(NothingLeft):
        approving.quote(other, Answer(replace={other.lines.get().pk: 1}))


@pytest.mark.django_db
def test_control_the_rules_find_a_mark_that_the_units_do_not_fit(sizes):
    order, line, other = sizes
    claim = claim_of(order, line, 1)
    approving.approve(claim, Answer(replace={claim.lines.get().pk: 1}), actor=STAFF)
    exchange = ask(order, line, other)
    assert runner.check(scope="") == []
    Claim.objects.filter(pk=claim.pk).update(sends_nothing=True)
    Exchange.objects.filter(pk=exchange.pk).update(
        status="cancelled", end="refunded", ended_at=exchange.created_at
    )
    assert {one.rule for one in runner.check(scope="")} == {
        "a claim gives what was decided",
        "an exchange sends and costs what was agreed",
        "what is reserved for exchanges is waited for",
    }
