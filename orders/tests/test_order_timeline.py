"""One order that lives through everything after its sale: its pages tell each act once, each reader what is theirs."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders.claims import approving, opening, resolving
from orders.exchanges import releasing
from orders.fulfilment import holds, packing, picking, remaining, shipments
from orders.invoices import issuing
from orders.models import Order, OrderHold, OrderLine
from orders.returns import answering, deciding, inspecting, receiving
from orders.returns.inspecting import Found
from orders.tests.admin.test_orders import page, pay
from orders.tests.cancellation.test_cancelling import by_staff
from orders.tests.exchanges.exchanges import ask as ask_exchange
from orders.tests.exchanges.exchanges import come_back, size_of
from orders.tests.factories import make_cart, make_order, make_variant
from orders.tests.returns.returns import STAFF, approved, ask, deliver, delivered_order, line_of, wanted
from orders.timeline import timeline
from payments.models import Dispute, Refund
from payments.refunds import reimbursing
from shop.accounts.tests.staff_clients import boss, carried, clerk
from shop.core.mail.secrets import MASK
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db


def lived() -> Order:
    """Make an order of three units and two with everything that may happen after its sale."""
    order = make_order(make_cart((make_variant(units=9), 3), (make_variant(units=9), 2)))
    payment = pay(order, str(order.number))
    payment.refunds.all().delete()
    kept_back = holds.place_hold(
        order, kind=OrderHold.Kind.STAFF, source=f"s{order.pk}", reason="is the address right?", actor=STAFF
    )
    holds.release_hold(kept_back, actor=STAFF, reason="she says so")
    by_staff(order, units={line_of(order, 2).pk: 1}, note="called", key=f"x{order.pk}")
    picking.mark([one.key for one in picking.to_pick()], actor=STAFF)
    shipment = shipments.prepare(order, key=f"1{order.pk}", actor=STAFF)
    packing.pack_all(shipment, actor=STAFF)
    shipments.ship(shipment, actor=STAFF, tracking_number="TR-1")
    shipments.deliver(shipment, actor=STAFF)
    _return(order)
    _exchange(order)
    _claim(order)
    Dispute.objects.create(
        payment=payment,
        external_id=f"dp_{order.number}",
        amount=Decimal(10),
        currency="ARS",
        status="needs_response",
        reason="fraud",
        opened_at=timezone.now(),
        fetched_at=timezone.now(),
    )
    reimbursing.pay_due()
    issuing.issue_due()
    return order


def test_of_an_order_of_which_nothing_left_nobody_counts_what_is_left(monkeypatch: pytest.MonkeyPatch):
    order = make_order(make_cart((make_variant(units=9), 3)))
    expected = timeline(order)
    monkeypatch.setattr(remaining, "lines", None)
    assert [one.title for one in timeline(order)] == [one.title for one in expected]


def _return(order: Order) -> None:
    rma = ask(order, wanted(line_of(order, 3), reason="changed_mind"), note="It is too warm")
    answering.approve(rma, actor=STAFF)
    answering.note_sent(rma, actor="shopper", tracking_number="BACK-1")
    line = rma.lines.get()
    receiving.receive(rma, {line.order_line_id: 1}, parcel=1, actor=STAFF)
    inspecting.inspect(rma, [Found(line.pk, 1, "new", "restock")], key=f"i{rma.pk}", actor=STAFF)
    decision = deciding.decide(rma, deciding.Choice(units={line.pk: 1}), key=f"d{rma.pk}", actor=STAFF)
    deciding.pay_back(decision, actor=STAFF)


def _exchange(order: Order) -> None:
    line = line_of(order, 3)
    exchange = ask_exchange(order, line, size_of(line.variant))
    come_back(exchange)
    releasing.release(exchange, actor=STAFF, reason="")


def _claim(order: Order) -> None:
    line = line_of(order, 3)
    claim = opening.open_claim(
        order, {line.pk: 1}, reason="damaged_in_transit", key=f"c{order.pk}", actor="shopper", note="torn"
    )
    row = claim.lines.get()
    approving.approve(claim, approving.Answer(refund={row.pk: 1}, words="We are sorry"), actor=STAFF)
    resolving.resolve(claim, actor=STAFF)


def entries_of(order: Order) -> list[str]:
    """Return the staff's timeline of an order, an entry a line: title, detail, who."""
    entries = boss().get(page(order)).context["entries"]
    return [f"{entry.title} | {entry.detail} | {entry.actor}" for entry in entries]


# Each act of `lived`, as the staff reads it; what it says is looked for once.
STAFF_READS = {
    "held": "Order: held | is the address right? | ana@example.com",
    "released": "Order: hold released | she says so | ana@example.com",
    "cancelled": "Order: units cancelled | 1 × {two} · the buyer asked for it · called | ana@example.com",
    "picked": "Order: picked | ",
    "prepared": "Shipment {number}-1: prepared | ",
    "packed": "Shipment {number}-1: packed |  | ana@example.com",
    "sent": "Shipment {number}-1: pending → shipped | TR-1 | ana@example.com",
    "delivered": "Shipment {number}-1: shipped → delivered |  | ana@example.com",
    "return asked": "Return of goods {number}-R1: requested | 1 × {three} | buyer",
    "return answered": "Return of goods {number}-R1: requested → approved |  | ana@example.com",
    "return sent": "Return of goods {number}-R1: sent by the buyer | BACK-1 | a shopper",
    "return received": "Return of goods {number}-R1: received | 1 × {three} | ana@example.com",
    "return inspected": "Return of goods {number}-R1: inspected | 1 × {three}: back to stock | ana@example.com",
    "return decided": "Return of goods {number}-R1: decided what goes back | ",
    "return paid": "Return of goods {number}-R1: paid back | ",
    "return ended": "Return of goods {number}-R1: approved → closed | ",
    "exchange asked": "Exchange {number}-E1: requested | {three} → ",
    "exchange released": "Exchange {number}-E1: requested → released | {three} → ",
    "claim opened": "Claim {number}-C1: open | 1 × {three} | a shopper",
    "claim answered": "Claim {number}-C1: open → approved | We are sorry · ",
    "claim carried out": "Claim {number}-C1: approved → resolved |  | ana@example.com",
    "owed for the cancellation": "owed | units cancelled | ana@example.com",
    "owed for the return": "owed | return {number}-R1 | ana@example.com",
    "owed for the claim": "owed | claim {number}-C1 | ana@example.com",
    "refund": ": requested | units cancelled | Pay what buyers are owed",
    "dispute": "needs our answer | the buyer says they did not pay",
    "invoice": "Invoice R-",
}


def test_the_staff_reads_each_act_once_with_who_and_why(settings: Any):
    settings.LANGUAGE_CODE = "en"
    order = lived()
    lines = entries_of(order)
    names = {
        "number": order.number,
        "two": line_of(order, 2).sku,
        "three": line_of(order, 3).sku,
    }
    wanted = {act: words.format(**names) for act, words in STAFF_READS.items()}

    seen = {act: sum(words in line for line in lines) for act, words in wanted.items()}

    assert {act: number for act, number in seen.items() if number != 1} == {}, "\n".join(lines)


def test_the_next_steps_after_the_sale_are_offered_to_whoever_may_take_them():
    order = make_order(make_cart((make_variant(units=9), 3), (make_variant(units=9), 2)))
    payment = pay(order, str(order.number))
    payment.refunds.all().delete()
    shipment = shipments.prepare(order, key=f"1{order.pk}", actor=STAFF)
    shipments.ship(shipment, actor=STAFF)
    shipments.deliver(shipment, actor=STAFF)
    rma = ask(order, wanted(line_of(order, 3)))

    assert offered(order)[0] == "answer-return"
    answering.approve(rma, actor=STAFF)
    assert offered(order)[0] == "receive-return"
    receiving.receive(rma, {line_of(order, 3).pk: 1}, parcel=1, actor=STAFF)
    assert offered(order)[:2] == ["inspect-return", "decide-return"]
    line = rma.lines.get()
    inspecting.inspect(rma, [Found(line.pk, 1, "new", "restock")], key=f"i{rma.pk}", actor=STAFF)
    assert offered(order)[0] == "decide-return"
    decision = deciding.decide(rma, deciding.Choice(units={line.pk: 1}), key=f"d{rma.pk}", actor=STAFF)
    assert offered(order)[0] == "pay-return"
    assert offered(order, "warehouse")[:1] != ["pay-return"]
    deciding.pay_back(decision, actor=STAFF)
    assert not [code for code in offered(order) if code.endswith("-return")]
    claim = opening.open_claim(
        order, {line_of(order, 3).pk: 1}, reason="damaged_in_transit", key=f"c{order.pk}", actor="shopper"
    )
    assert offered(order)[0] == "answer-claim"
    answer = approving.Answer(refund={claim.lines.get().pk: 1})
    approving.approve(claim, answer, actor=STAFF)
    assert offered(order)[0] == "carry-out-claim"
    resolving.resolve(claim, actor=STAFF)
    ask_exchange(order, line_of(order, 3), size_of(line_of(order, 3).variant))
    assert offered(order)[0] == "answer-return"
    answering.approve(order.returns.get(ordinal=2), actor=STAFF)
    assert offered(order)[:2] == ["receive-return", "see-to-exchange"]


def offered(order: Order, role: str = "") -> list[str]:
    """Return the acts that the order's page offers; each of their pages opens."""
    client = clerk(role) if role else boss()
    acts = client.get(page(order)).context["acts"]
    assert all(client.get(act.url).status_code == 200 for act in acts), acts
    return [act.code for act in acts]


def test_the_staff_reads_the_mails_of_all_of_it_without_their_links():
    order = lived()
    mails = EmailLog.objects.filter(trail=order.trail)

    assert {"exchange_requested", "exchange_released", "claim_opened", "claim_resolved"} <= {
        one.kind for one in mails
    }
    for one in mails:
        assert MASK not in one.subject, one.kind
        assert order.secret not in one.text + one.html, one.kind
        assert str(order.number) in one.text or one.kind == "test", one.kind


def test_a_unit_that_was_sent_instead_is_received_by_the_page_too():
    order = make_order(make_cart((make_variant(units=9), 3)))
    payment = pay(order, str(order.number))
    payment.refunds.all().delete()
    deliver(order)
    _exchange(order)
    deliver(order)
    sent = OrderLine.everything.get(order=order, replaces__isnull=False)
    rma = approved(order, wanted(sent))
    client = boss()
    url = reverse("admin:orders_return_receive", args=[rma.pk])

    assert client.post(url, {**carried(client, url), "all": "1"}).status_code == 200
    counted = {f"units_{sent.pk.hex}": "1", "parcel": "1", "done": "1"}
    assert client.post(url, {**carried(client, url), **counted}).status_code == 302
    assert rma.receipts.get().lines.get().quantity == 1


# What the buyer reads of `lived`: each entry once, in this order.
BUYER_READS = [
    "Payment received",
    "We cancelled a part",
    "It is on its way",
    "Delivered",
    "You asked for the return",
    "We approved it",
    "It has arrived",
    "Settled",
    "You asked for the return",
    "You asked for an exchange",
    "We approved it",
    "It has arrived",
    "We send you what you chose",
    "Settled",
    "You told us what is wrong",
    "We answered you",
]
INTERNAL = ["is the address right?", "she says so", "called", "ana@", "staff", "stain", "fraud", "dispute"]


def test_the_buyer_reads_each_act_once_in_plain_words(client: Any, settings: Any):
    settings.LANGUAGE_CODE = "en"
    order = lived()
    sums = [refund.amount for refund in Refund.objects.filter(payment__order=order)]
    owed = order.reimbursements.filter(status="owed")

    answer = client.get(order.get_absolute_url())

    moments = answer.context["timeline"]
    dated = [one.title for one in moments if one.pace == "done"]
    assert dated == BUYER_READS
    back = [one.title for one in moments if "is on its way back to you" in one.title]
    assert len(back) == len(sums) + len(owed) == 3
    page_text = answer.content.decode()
    shown = page_text.replace(order.email, "")
    assert [words for words in INTERNAL if words in shown.lower()] == []
    for number in ("R1", "R2", "C1"):
        assert f"{order.number}-{number}" in shown
    assert answer.context["invoices"][0].name in shown
    assert all(client.get(one.page).status_code == 200 for one in moments if one.page)
    assert {code for code, _label, _url in answer.context["acts"]} == {"return", "claim", "withdraw"}


def test_the_buyers_page_costs_the_same_however_much_happened():
    once, twice = lived(), lived()
    _claimless_return(twice)
    of_once, of_twice = (spent(order) for order in (once, twice))

    assert of_once == of_twice <= 40


def _claimless_return(order: Order) -> None:
    """Have one more unit of an order come back, as another return."""
    answering.approve(ask(order, wanted(line_of(order, 2))), actor=STAFF)


def spent(order: Order) -> int:
    client = Client()
    client.get(order.get_absolute_url())
    with CaptureQueriesContext(connection) as queries:
        assert client.get(order.get_absolute_url()).status_code == 200
    return len(queries)


def test_a_return_of_a_gift_is_not_told_to_its_buyer(client: Any):
    order = delivered_order()
    rma = ask(order, is_gift=True, email="gifted@example.com")

    shown = client.get(order.get_absolute_url()).content.decode()

    assert rma.number not in shown
    assert "gifted@example.com" not in shown


def test_an_exchange_of_all_promises_no_shipping_back():
    order = delivered_order(1)
    line = order.lines.get()

    exchange = ask_exchange(order, line, size_of(line.variant))

    assert (exchange.rma.terms["total"], exchange.rma.terms["freight"]) == ("0.00", "0.00")
