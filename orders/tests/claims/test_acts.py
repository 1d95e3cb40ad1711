"""Claims: opened, approved, resolved or denied; each act once, no fee, no second movement of stock."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation

from catalog.models import Variant
from inventory.checks import runner
from inventory.models import StockMovement
from inventory.reservations import InsufficientStock, replacements
from orders.claims import approving, opening, refusals, resolving
from orders.claims.approving import Answer
from orders.claims.rows import NotOpen
from orders.fulfilment import remaining
from orders.models import Claim, ClaimLine, Order, OrderLine, Reimbursement, Return
from orders.returns import deciding, inspecting, receiving
from orders.returns.deciding import Choice as Decision
from orders.tests.claims.claims import claim_of, worth
from orders.tests.exchanges.exchanges import order_with_sizes, stock
from orders.tests.returns.returns import STAFF, approved, deliver, wanted
from shop.core.ids import uuid7
from shop.core.web.languages import in_language


@pytest.fixture(scope="module")
def sizes(shared_rows: Any) -> Iterator[tuple[Order, OrderLine, Variant]]:
    with shared_rows():
        yield order_with_sizes()


def stock_is_sound() -> bool:
    found = runner.check(scope="")
    assert not found, [(one.rule, one.expected, one.found) for one in found]
    return True


@pytest.mark.django_db
def test_new_units_are_sent_and_nothing_comes_back(sizes):
    order, line, _other = sizes
    before, units = worth(order), stock(line.variant)
    claim = claim_of(order, line, 2)
    assert claim_of(order, line, 2) == claim
    row = claim.lines.get()
    answer = Answer(replace={row.pk: 2})
    shown = approving.quote(claim, answer)
    assert (shown.total, answer.outcome) == (0, "replace")
    assert approving.approve(claim, answer, actor=STAFF, expected=shown.seen)
    assert not approving.approve(claim, answer, actor=STAFF)
    assert stock(line.variant) == (units[0], units[1] + 2)
    assert resolving.resolve(claim, actor=STAFF)
    assert not resolving.resolve(claim, actor=STAFF)
    row.refresh_from_db()
    assert (claim.status, row.written_off, worth(order)) == ("resolved", 2, before)
    assert stock(line.variant) == (units[0] - 2, units[1])
    assert not StockMovement.objects.filter(kind="loss").exists()
    assert not Reimbursement.objects.exists()
    deliver(order)
    # The new ones may be faulty as well, and are claimed by themselves.
    new = OrderLine.everything.filter(replaces=line).first()
    again = claim_of(order, new, 1, key="again")
    second = approving.Answer(refund={again.lines.get().pk: 1})
    approving.approve(again, second, actor=STAFF)
    resolving.resolve(again, actor=STAFF)
    assert Reimbursement.objects.get().amount == line.unit_price
    assert worth(order) == before - line.unit_price
    assert stock_is_sound()


@pytest.mark.django_db
def test_some_are_replaced_and_some_paid_back_and_a_part_of_the_price_is_money(sizes):
    order, line, other = sizes
    before = worth(order)
    claim = claim_of(order, line, 2)
    key = claim.lines.get().pk
    answer = Answer(replace={key: 1}, refund={key: 1}, variants={key: other.pk}, words="sorry")
    approving.approve(claim, answer, actor=STAFF)
    assert (claim.outcome, claim.lines.get().amount) == ("both", line.unit_price)
    resolving.resolve(claim, actor=STAFF)
    assert worth(order) == before - line.unit_price
    assert [one.sku for one in OrderLine.everything.filter(replaces=line)] == [other.sku]
    # A unit that was sent and paid back is not left to send, and no other unit stays for it.
    assert remaining.lines().get(pk=line.pk).left == 0
    partial = claim_of(order, line, 1, reason="defective", key="p")
    with pytest.raises(approving.TooMuch) as too_much:
        approving.approve(partial, Answer(partial=line.unit_price + 1), actor=STAFF)
    assert too_much.value.most == line.unit_price
    approving.approve(partial, Answer(partial=Decimal(500)), actor=STAFF)
    resolving.resolve(partial, actor=STAFF)
    assert Reimbursement.objects.order_by("-pk").first().amount == 500
    assert partial.lines.get().written_off == 0
    assert stock_is_sound()


@pytest.mark.django_db
def test_no_unit_is_claimed_twice_or_given_twice(sizes):
    order, line, _other = sizes
    claim = claim_of(order, line, 3)
    with pytest.raises(opening.MoreThanSent):
        claim_of(order, line, 1, key="x")
    bare = Claim.objects.create(order=order, ordinal=9, reason="missing", dedupe_key="bare")
    with pytest.raises(IntegrityError, match="units claimed of"), transaction.atomic():
        ClaimLine.objects.create(claim=bare, order_line=line, quantity=1)
    key = claim.lines.get().pk
    approving.approve(claim, Answer(replace={key: 2}), actor=STAFF)
    # What is replaced is not paid back by a return as well.
    rma = approved(order, wanted(line, 3))
    with pytest.raises(deciding.LessIsLeft):
        deciding.quote(rma, Decision(units={rma.lines.get().pk: 2}))
    assert approving.take_back(claim, actor=STAFF)
    assert not approving.take_back(claim, actor=STAFF)
    assert deciding.quote(rma, Decision(units={rma.lines.get().pk: 2})).total == line.unit_price * 2
    assert opening.deny(claim, answer="worn", actor=STAFF)
    assert not opening.deny(claim, answer="worn", actor=STAFF)
    with pytest.raises(NotOpen):
        opening.cancel(claim, actor="buyer")
    with pytest.raises(NotOpen):
        resolving.resolve(claim, actor=STAFF)
    with pytest.raises(NotOpen):
        approving.approve(claim, Answer(refund={key: 1}), actor=STAFF)
    with pytest.raises(opening.ComingBack):
        claim_of(order, line, 3, key="other")
    Return.objects.filter(pk=rma.pk).update(status="cancelled", ended_at=timezone.now())
    assert claim_of(order, line, 3, key="other").status == "open"
    assert stock_is_sound()


@pytest.mark.django_db
def test_what_cannot_be_had_is_not_promised(sizes):
    order, line, other = sizes
    claim = claim_of(order, line, 3)
    key = claim.lines.get().pk
    with transaction.atomic():
        until = timezone.now() + timedelta(days=1)
        replacements.reserve(owner_id=uuid7(), wanted={other.pk: 5}, until=until, actor=STAFF)
    answer = Answer(replace={key: 1}, variants={key: other.pk})
    with pytest.raises(InsufficientStock):
        approving.approve(claim, answer, actor=STAFF)
    claim.refresh_from_db()
    assert (claim.status, claim.lines.get().replaced) == ("open", 0)


@pytest.mark.django_db
def test_goods_that_are_wanted_back_come_by_a_return_that_closes_by_itself(sizes):
    order, line, _other = sizes
    claim = claim_of(order, line, 1, reason="wrong_item")
    key = claim.lines.get().pk
    approving.approve(claim, Answer(replace={key: 1}, goods_back=True), actor=STAFF)
    assert claim.rma
    assert (claim.rma.status, claim.rma.payer) == ("approved", "shop")
    resolving.resolve(claim, actor=STAFF)
    assert claim.lines.get().written_off == 0
    rma = claim.rma
    receiving.receive(rma, {line.pk: 1}, parcel=1, actor=STAFF)
    inspecting.inspect(rma, [inspecting.Found(rma.lines.get().pk, 1, "new", "restock")], key="i", actor=STAFF)
    rma.refresh_from_db()
    assert rma.status == "closed"
    assert stock_is_sound()


@pytest.mark.django_db
def test_what_is_in_a_return_or_came_back_is_not_claimed(sizes, client):
    order, line, _other = sizes
    rma = approved(order, wanted(line, 3))
    with pytest.raises(opening.ComingBack) as refusal:
        claim_of(order, line, 1, origin="staff", key="staff")
    with translation.override("en"):
        assert "in a return or an exchange already" in refusals.words(refusal.value)
    page = client.get(in_language(reverse("orders:claim_ask", args=[order.secret]), "en"))
    assert "is in a return or an exchange already" in page.content.decode()
    there = client.get(f"/api/v1/claims/by-order/{order.secret}/claimable").json()
    assert {one["line"]: one["left"] for one in there}[line.public_number] == 0
    bare = Claim.objects.create(order=order, ordinal=9, reason="missing", dedupe_key="bare")
    with pytest.raises(IntegrityError, match="3 in returns"), transaction.atomic():
        ClaimLine.objects.create(claim=bare, order_line=line, quantity=1)
    Return.objects.filter(pk=rma.pk).update(status="cancelled", ended_at=timezone.now())
    assert claim_of(order, line, 1, key="now").status == "open"


@pytest.mark.django_db
def test_what_a_claim_asks_back_may_be_claimed_once_more(sizes):
    """It is still a claim about these units alone: what was sent instead of them is another line."""
    order, line, _other = sizes
    claim = claim_of(order, line, 1)
    approving.approve(claim, Answer(refund={claim.lines.get().pk: 1}, goods_back=True), actor=STAFF)
    assert claim.rma is not None
    assert claim_of(order, line, 2, key="others").status == "open"
