"""Disputes in the back office: found by their deadline, handled by those with permission, everything ready to paste."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.fulfilment import holds
from orders.models import Order, OrderHold
from orders.tests.admin.test_orders import pay
from orders.tests.factories import make_order
from payments.disputes import disputes
from payments.models import Dispute, DisputeNote, Payment
from payments.settlement import settle
from payments.tests.world import World
from shop.accounts.tests.staff_clients import boss, clerk, queries, token

pytestmark = pytest.mark.django_db


def make_dispute(number: str = "1", **changes: object) -> Dispute:
    """Return an open dispute of a paid order, with its checklist."""
    payment = pay(make_order(), number)
    fields = {
        "payment": payment,
        "gateway": "mercadopago",
        "external_id": f"217{number}",
        "status": "needs_response",
        "reason": "not_received",
        "reason_code": "not_received",
        "amount": payment.amount,
        "currency": "ARS",
        "opened_at": timezone.now(),
        "respond_by": timezone.now() + timedelta(days=5, hours=1),
        "fetched_at": timezone.now(),
        "panel_url": "https://www.mercadopago.com.ar/activities",
    } | changes
    dispute = Dispute.objects.create(**fields)
    for kind in ("order", "customer", "shipping_address", "tracking", "delivery", "communication"):
        dispute.evidence.create(kind=kind)
    disputes.hold_orders([payment], actor="test")
    return dispute


def page(dispute: Dispute, verb: str = "change") -> str:
    return reverse("admin:payments_dispute_change", args=[dispute.pk]).replace("/change/", f"/{verb}/")


LIST = reverse("admin:payments_dispute_changelist")


def test_the_page_shows_deadline_evidence_and_the_ways_on():
    dispute = make_dispute()
    words = boss().get(page(dispute)).content.decode()
    order = dispute.payment.order
    for fact in (
        "217" + "1",
        f"#{order.number}",
        order.email,
        order.shipping_address.street,
        dispute.panel_url,
        "5\xa0d",
        reverse("admin:orders_order_change", args=[order.pk]),
        page(dispute, "text"),
        page(dispute, "paper"),
    ):
        assert str(fact) in words, fact


@pytest.mark.parametrize(
    ("due", "found"),
    [
        ("open", {"2171", "2172", "2173", "2175"}),
        ("waiting", {"2171", "2172", "2173"}),
        ("soon", {"2172"}),
        ("late", {"2173"}),
        ("ended", {"2174"}),
        ("nonsense", {"2171", "2172", "2173", "2174", "2175"}),
    ],
)
def test_disputes_are_found_by_their_deadline(due, found):
    now = timezone.now()
    make_dispute("1")
    make_dispute("2", respond_by=now + timedelta(days=2))
    make_dispute("3", respond_by=now - timedelta(hours=1))
    make_dispute("4", status="won", closed_at=now)
    make_dispute("5", respond_by=now + timedelta(days=2), answered_at=now)
    listed = boss().get(f"{LIST}?due={due}").context["cl"].queryset
    assert set(listed.values_list("external_id", flat=True)) == found


def test_the_checklist_is_kept_once_and_by_name():
    dispute = make_dispute()
    client = clerk("support")
    checklist = client.get(page(dispute)).context["checklist"]
    data = {
        "token": "t1",
        "shown": checklist["shown"].value(),
        "ready_tracking": "on",
        "note_tracking": "Andreani <b>36</b>",
    }
    answers = [client.post(page(dispute, "checklist"), data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    row = dispute.evidence.get(kind="tracking")
    assert (row.is_ready, row.note) == (True, "Andreani <b>36</b>")
    assert row.marked_by.startswith("staff:")
    assert not dispute.evidence.get(kind="delivery").is_ready
    words = client.get(page(dispute)).content.decode()
    assert "Andreani &lt;b&gt;36&lt;/b&gt;" in words
    assert "1 / 6" in words


def test_two_people_tick_different_lines_and_both_are_kept():
    dispute = make_dispute()
    ada, bea = clerk("support"), clerk("manager")
    seen = [client.get(page(dispute)).context["checklist"]["shown"].value() for client in (ada, bea)]
    ada.post(
        page(dispute, "checklist"),
        {"token": "a", "shown": seen[0], "ready_order": "on", "note_order": "sent"},
    )

    answer = bea.post(page(dispute, "checklist"), {"token": "b", "shown": seen[1], "ready_delivery": "on"})
    assert answer.status_code == 302
    assert {one.kind for one in dispute.evidence.filter(is_ready=True)} == {"order", "delivery"}


def test_a_line_that_both_changed_is_shown_before_it_is_kept_and_the_others_stay():
    dispute = make_dispute()
    ada, bea = clerk("support"), clerk("manager")
    seen = [client.get(page(dispute)).context["checklist"]["shown"].value() for client in (ada, bea)]
    ada.post(
        page(dispute, "checklist"),
        {"token": "a", "shown": seen[0], "note_order": "hers", "ready_customer": "on"},
    )

    mine = {"token": "b", "note_order": "mine"}
    answer = bea.post(page(dispute, "checklist"), {**mine, "shown": seen[1]})
    form = answer.context["form"]
    assert (answer.status_code, dispute.evidence.get(kind="order").note) == (422, "hers")
    assert "hers" in form.non_field_errors()[0]
    assert form["ready_customer"].value(), "what only the other ticked stands in the form"

    again = {name: form[name].value() or "" for name in form.fields if form[name].value()}
    assert bea.post(page(dispute, "checklist"), again).status_code == 302
    assert dispute.evidence.get(kind="order").note == "mine"
    assert dispute.evidence.get(kind="customer").is_ready


def test_a_checklist_that_is_too_long_is_told():
    dispute = make_dispute()
    answer = boss().post(page(dispute, "checklist"), {"token": "t", "note_tracking": "x" * 301})
    assert answer.status_code == 422
    assert dispute.evidence.get(kind="tracking").note == ""


def test_notes_are_written_once():
    dispute = make_dispute()
    client = clerk("manager")
    for _ in range(2):
        assert (
            client.post(page(dispute, "note"), {"token": "n1", "text": "Called the buyer"}).status_code == 302
        )
    assert DisputeNote.objects.get().text == "Called the buyer"
    assert client.post(page(dispute, "note"), {"token": "n2", "text": ""}).status_code == 422
    assert "Called the buyer" in client.get(page(dispute)).content.decode()


def test_answering_is_noted_and_ends_the_reminders():
    dispute = make_dispute()
    client = clerk("support")
    address = page(dispute, "answered")
    assert client.post(address, {"token": token(client, address), "note": "tracking sent"}).status_code == 302
    dispute.refresh_from_db()
    assert dispute.answered_at is not None
    assert disputes.remind_due(now=dispute.respond_by - timedelta(hours=2)) == 0


def test_an_ended_dispute_is_not_answered():
    dispute = make_dispute(status="lost", closed_at=timezone.now())
    answer = boss().post(page(dispute, "answered"), {"token": "t"})
    assert answer.status_code == 422
    assert answer.context["form"].non_field_errors()


@pytest.mark.parametrize("role", ["warehouse", "catalogue"])
def test_who_may_not_sees_nothing(role):
    dispute = make_dispute()
    client = clerk(role)
    assert client.get(LIST).status_code == 403
    for verb in ("change", "paper", "text", "answered", "ask-now"):
        assert client.get(page(dispute, verb)).status_code == 403, verb
    for verb in ("checklist", "note", "answered"):
        assert client.post(page(dispute, verb), {"token": "t", "text": "x"}).status_code == 403, verb


def test_the_bundle_has_all_the_facts():
    dispute = make_dispute()
    dispute.evidence.filter(kind="tracking").update(note="Andreani 36")
    order = dispute.payment.order
    client = boss()
    text = client.get(page(dispute, "text"))
    assert text["Content-Type"] == "text/plain; charset=utf-8"
    paper = client.get(page(dispute, "paper")).content.decode()
    for fact in (
        str(order.number),
        order.email,
        order.shipping_address.street,
        order.lines.get().sku,
        "Andreani 36",
        dispute.payment.external_id,
        dispute.external_id,
    ):
        assert fact in text.content.decode(), fact
        assert fact in paper, fact


@pytest.mark.parametrize("verb", ["change", "paper", "text", "answered", "ask-now", "checklist", "note"])
@pytest.mark.parametrize("key", ["x", "00000000-0000-0000-0000-000000000000", "%00"])
def test_a_dispute_that_does_not_exist_is_told(verb, key):
    answer = boss().get(f"{LIST}{key}/{verb}/")
    assert answer.status_code in {302, 400, 404}


def test_pages_cost_the_same_however_much_there_is():
    client = boss()
    first = make_dispute()
    queries(client, LIST)
    few, short = queries(client, LIST), queries(client, page(first))
    for number in ("2", "3", "4"):
        make_dispute(number)
    for text in ("one", "two", "three"):
        disputes.add_note(first, text, actor="staff:a@example.com")
    for kind in ("terms", "invoice", "refund_policy"):
        first.evidence.create(kind=kind)
    assert queries(client, LIST) == few
    # Three of the new lines ask nothing of the database.
    assert queries(client, page(first)) == short


def test_a_disputed_payment_is_refused_a_refund_in_words():
    dispute = make_dispute()
    Payment.objects.update(status="disputed")
    client = boss()
    address = reverse("admin:payments_payment_change", args=[dispute.payment_id]).replace(
        "/change/", "/refund/"
    )
    data = {
        "token": "t",
        "amount": "10.00",
        "reason": "r",
        "seen": str(dispute.payment.amount - 10),
        "step": "confirm",
    }
    answer = client.post(address, data)
    assert answer.status_code == 422
    assert dispute.payment.refunds.count() == 1


def test_the_provider_is_asked_by_a_button(providers: World):
    attempt = providers.begin("stripe")
    there = providers.pay(attempt)
    providers.dispute(attempt, there)
    settle.settle(attempt_id=attempt.pk, actor="test")
    dispute = Dispute.objects.get()
    providers.decide_dispute(attempt, there, "lose")
    client = boss()
    assert client.post(page(dispute, "ask-now"), {"token": "t"}).status_code == 302
    dispute.refresh_from_db()
    assert dispute.status == "lost"
    providers.fault("http_500", "stripe", count=None)
    assert client.post(page(dispute, "ask-now"), {"token": "t2"}).status_code == 422


def test_a_draft_is_put_into_stripes_form_and_never_sent(providers: World):
    attempt = providers.begin("stripe")
    there = providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="test")
    providers.dispute(attempt, there)
    settle.settle(attempt_id=attempt.pk, actor="test")
    dispute = Dispute.objects.get()
    client = boss()
    assert page(dispute, "draft") in client.get(page(dispute)).content.decode()
    assert client.post(page(dispute, "draft"), {"token": "t"}).status_code == 422
    dispute.evidence.filter(kind__in=["order", "shipping_address"]).update(is_ready=True)
    dispute.evidence.filter(kind="tracking").update(is_ready=True, note="Andreani 36")
    for name in ("t2", "t3"):
        assert client.post(page(dispute, "draft"), {"token": name}).status_code == 302
    kept = providers.records("st_dispute")[0].body
    order = Order.objects.get()
    assert kept["evidence"]["shipping_tracking_number"] == "Andreani 36"
    assert order.shipping_address.street in kept["evidence"]["shipping_address"]
    assert str(order.number) in kept["evidence"]["uncategorized_text"]
    assert "customer_name" not in kept["evidence"]
    assert (kept["status"], kept["evidence_details"]["submission_count"]) == ("needs_response", 0)
    providers.fault("http_500", "stripe", count=None)
    assert client.post(page(dispute, "draft"), {"token": "t4"}).status_code == 422


def test_a_provider_without_drafts_offers_none():
    dispute = make_dispute()
    client = boss()
    assert page(dispute, "draft") not in client.get(page(dispute)).content.decode().split("bo-stack")[1]
    dispute.evidence.update(is_ready=True)
    assert client.post(page(dispute, "draft"), {"token": "t"}).status_code == 422


# -- The order's side -------------------------------------------------------------------------------------------------
def order_page(order: Order, verb: str = "change") -> str:
    return reverse("admin:orders_order_change", args=[order.pk]).replace("/change/", f"/{verb}/")


def test_the_order_shows_its_hold_and_is_found_by_it():
    held, free = make_dispute().payment.order, make_order()
    client = boss()
    words = client.get(order_page(held)).content.decode()
    assert OrderHold.objects.get().reason in words
    assert order_page(held, "release") in words
    listing = reverse("admin:orders_order_changelist")
    for value, found in (
        ("held", {held.pk}),
        ("dispute", {held.pk}),
        ("free", {free.pk}),
        ("x", {held.pk, free.pk}),
    ):
        answer = client.get(f"{listing}?sending={value}")
        assert {row.pk for row in answer.context["cl"].queryset} == found, value


def test_staff_holds_and_lets_go():
    order = make_order()
    client = clerk("support")
    address = order_page(order, "hold")
    data = {"token": token(client, address), "reason": "The address looks wrong"}
    assert [client.post(address, data).status_code for _ in range(2)] == [302, 302]
    hold = OrderHold.objects.get()
    assert (hold.reason, holds.may_fulfil(order)) == ("The address looks wrong", False)
    release = order_page(order, "release")
    data = {"token": token(client, release), "hold": str(hold.pk), "reason": "It is right"}
    assert client.post(release, data).status_code == 302
    assert holds.may_fulfil(order)
    snapshot = [entry.title for entry in boss().get(order_page(order)).context["entries"]]
    assert len([title for title in snapshot if ":" in title]) >= 2
    assert client.post(release, {**data, "token": "again"}).status_code == 422


def test_a_hold_of_another_order_is_not_released():
    one, other = make_dispute("1").payment.order, make_order()
    hold = one.holds.get()
    answer = boss().post(order_page(other, "release"), {"token": "t", "hold": str(hold.pk), "reason": "r"})
    assert answer.status_code == 422
    hold.refresh_from_db()
    assert hold.status == "active"


def test_the_warehouse_sees_but_does_not_let_go():
    order = make_dispute().payment.order
    client = clerk("warehouse")
    words = client.get(order_page(order)).content.decode()
    assert OrderHold.objects.get().reason in words
    assert order_page(order, "release") not in words
    assert client.post(order_page(order, "release"), {"token": "t"}).status_code == 403


def test_the_buyer_is_told_that_it_waits_and_not_why():
    order = make_dispute().payment.order
    words = boss().get(order.get_absolute_url()).content.decode()
    assert OrderHold.objects.get().reason not in words


def test_a_lost_dispute_shows_the_money_that_went():
    dispute = make_dispute(status="lost", closed_at=timezone.now())
    Payment.objects.update(status="charged_back", charged_back_amount=Decimal("123.00"))
    order = dispute.payment.order
    answer = boss().get(order_page(order))
    assert answer.context["money"].charged_back == 123
    assert not answer.context["may_be_sent"]
