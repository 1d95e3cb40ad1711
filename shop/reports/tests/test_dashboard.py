"""The back office's first page: today's figures, what needs attention, by permission and at constant cost."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from inventory.models import StockLevel
from inventory.tests.factories import stocked
from orders import payables
from orders.fulfilment import packing, shipment_flags, shipments
from orders.models import Claim, Installment, Order
from orders.tests.admin.test_orders import pay
from orders.tests.claims.claims import claim_of
from orders.tests.factories import make_awaiting, make_cart, make_order, make_variant
from orders.tests.fulfilment.test_shipments import STAFF, prepare
from orders.tests.installments import plans
from orders.tests.installments.clock import Clock
from orders.tests.returns.returns import delivered_order, line_of
from payments.models import PaymentAttempt, Refund
from shop.accounts.tests.staff_clients import boss, clerk, queries
from shop.core.models import EmailLog, JobRun
from shop.core.money import display

pytestmark = pytest.mark.django_db
PAGE = "admin:index"


def test_today_counts_todays_orders_their_revenue_and_what_is_reserved(settings):
    settings.LANGUAGE_CODE = "en"
    order, old, cancelled = make_order(), make_order(), make_order()
    # Midnight may come between an order and the look at the page: it was placed after that, too.
    Order.objects.update(placed_at=timezone.now() + timedelta(minutes=10))
    Order.objects.filter(pk=old.pk).update(placed_at=timezone.now() - timedelta(days=2))
    Order.objects.filter(pk=cancelled.pk).update(status="cancelled")
    make_awaiting(make_cart((make_variant(units=9), 3)))
    cash_voucher = make_awaiting(make_cart((make_variant(units=9), 2)))
    PaymentAttempt.objects.create(
        payable=payables.of_purchase(cash_voucher),
        purchase=cash_voucher,
        gateway="mercadopago",
        amount=cash_voucher.total,
        currency="ARS",
        fingerprint="f",
        status="pending",
        expires_at=timezone.now() + timedelta(hours=1),
        external_id="slip",
    )
    low = stocked(1)
    StockLevel.objects.filter(pk=low.pk).update(minimum=5)
    client = boss()

    page = client.get(reverse(PAGE), headers={"accept-language": "en"})

    today = {str(figure.title): figure.value for figure in page.context["today"]}
    assert today["Orders today"] == "1"
    assert today["Net sales today"] == display(order.total, language="en")
    assert today["Waiting for payment"] == "1"  # A shopper who left the payment page is not waiting.
    assert today["Units reserved"] == "5"
    assert today["At or below the minimum"] == "1"
    assert [level.pk for level in page.context["low_stock"]] == [low.pk]
    assert all(
        client.get(figure.url).status_code == 200
        for figure in [*page.context["today"], *page.context["care"]]
    )


def test_claims_to_answer_and_to_carry_out_are_counted_for_who_may_see_them():
    order = delivered_order()
    claim_of(order, line_of(order, 3))
    approved = claim_of(order, line_of(order, 1), key="another")
    Claim.objects.filter(pk=approved.pk).update(
        status="approved", outcome="refund", approved_at=timezone.now()
    )

    client = clerk("support")
    care = client.get(reverse(PAGE), headers={"accept-language": "en"}).context["care"]

    shown = [figure for figure in care if "laims" in figure.title]
    assert [(figure.title, figure.value) for figure in shown] == [
        ("Claims to answer", "1"),
        ("Claims to carry out", "1"),
    ]
    lists = [client.get(figure.url).context["cl"].queryset.get().status for figure in shown]
    assert lists == ["open", "approved"]


def test_parcels_to_pack_to_send_and_that_need_attention_are_counted_for_who_may_see_them():
    make_order()
    _to_pack, to_send, sent, bare = (prepare(make_order(), str(number)) for number in range(4))
    for one in (to_send, sent, bare):
        packing.pack_all(one, actor=STAFF)
    shipment_flags.note_label(to_send, actor=STAFF, tracking_number="RA1")
    shipments.ship(sent, actor=STAFF)
    shipment_flags.flag_attention(sent, reason="lost", actor=STAFF)

    page = clerk("warehouse").get(reverse(PAGE), headers={"accept-language": "en"})

    found = {str(figure.title): figure for figure in page.context["today"]}
    shown = [(found[f"Parcels {words}"]) for words in ("to pack", "to send", "that need attention")]
    assert [(figure.value, figure.note) for figure in shown] == [
        ("2", "1 of them not prepared yet"),
        ("1", "and 1 without a label"),
        ("1", ""),
    ]
    queues = [clerk("warehouse").get(figure.url).context["queue"].code for figure in shown]
    assert queues == ["to_pack", "to_send", "exception"]
    seen = clerk("catalogue").get(reverse(PAGE), headers={"accept-language": "en"}).context["today"]
    assert "Parcels to pack" not in {str(figure.title) for figure in seen}


def test_sales_are_net_of_what_went_back(settings):
    settings.LANGUAGE_CODE = "en"
    whole, part = make_order(), make_order()
    Order.objects.update(placed_at=timezone.now() + timedelta(minutes=10))
    gone, some = pay(whole, "1"), pay(part, "2")
    Refund.objects.filter(payment=gone).update(amount=gone.amount, status="succeeded")
    Refund.objects.filter(payment=some).update(amount="1000.00", status="pending")

    page = boss().get(reverse(PAGE), headers={"accept-language": "en"})

    today = {str(figure.title): figure for figure in page.context["today"]}
    assert today["Orders today"].value == "1"
    assert today["Orders today"].note == "and 1 refunded as a whole"
    assert today["Net sales today"].value == display(some.amount - 1000, language="en")
    assert today["Net sales today"].note == (
        f"gross {display(gone.amount + some.amount, language='en')}, "
        f"refunded {display(gone.amount + 1000, language='en')}"
    )


def test_what_needs_a_hand_is_marked():
    EmailLog.objects.create(kind="x", dedupe_key="k", to="a@b.co", subject="s", text="t", status="failed")
    JobRun.objects.create(
        job="check_invariants", is_ok=True, finished_at=timezone.now(), result={"violations": 2}
    )
    JobRun.objects.create(job="expire_holds", is_ok=True, finished_at=timezone.now())
    late = JobRun.objects.create(job="send_outbox", is_ok=True)
    JobRun.objects.filter(pk=late.pk).update(started_at=timezone.now() - timedelta(hours=1))

    page = boss().get(reverse(PAGE), headers={"accept-language": "en"})

    care = {str(figure.title): (figure.value, figure.tone) for figure in page.context["care"]}
    assert care["Failed e-mails"] == ("1", "error")
    assert care["Failed webhooks"] == ("0", "ok")
    assert care["Stock check"] == ("2", "error")
    assert care["Let lapsed holds go"] == ("0 min ago", "ok")
    assert care["Send e-mails"] == ("60 min ago", "warn")


def test_a_clerk_sees_the_figures_of_the_role_only():
    make_order()

    page = clerk("catalogue").get(reverse(PAGE))

    assert "latest_orders" not in page.context
    assert page.context["care"] == []
    assert "low_stock" in page.context


def test_the_page_costs_the_same_for_few_and_for_many():
    client, variant = boss(), make_variant(units=50)
    make_order(make_cart((variant, 1)))
    queries(client, reverse(PAGE))
    few = queries(client, reverse(PAGE))
    for _number in range(12):
        make_order(make_cart((variant, 1)))
        StockLevel.objects.filter(pk=stocked(1).pk).update(minimum=5)

    assert queries(client, reverse(PAGE)) == few <= 31


def test_overdue_instalments_and_first_ones_that_are_not_paid_are_counted(monkeypatch: pytest.MonkeyPatch):
    clock, plan = Clock(monkeypatch), plans.make_plan()
    plans.pay(plans.ask(plan, 1))
    plans.make_plan()
    clock.go_to(plans.rows_of(plan)[0].due_date - timedelta(days=1))
    Installment.objects.filter(plan=plan, number=2).update(due_date=timezone.localdate() - timedelta(days=20))
    found = {str(figure.title): figure for figure in boss().get(reverse(PAGE)).context["care"]}
    late = found["Cuotas vencidas"]
    assert (late.value, late.tone) == ("1", "warn")
    assert "58,66" in late.note
    assert found["Primeras cuotas impagas"].value == "1"
    seen = clerk("catalogue").get(reverse(PAGE)).context["care"]
    assert "Cuotas vencidas" not in {str(figure.title) for figure in seen}
