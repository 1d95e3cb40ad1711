"""Payments in the back office: refunds act once and within bounds, history is read-only, webhooks are replayed."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.tests.admin.test_orders import pay
from orders.tests.factories import make_cart, make_order, make_variant
from payments.models import Payment, Refund, WebhookEvent
from shop.accounts.tests.staff_clients import boss, clerk, queries, token

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment() -> Payment:
    """Return an approved payment without refunds."""
    payment = pay(make_order())
    Refund.objects.all().delete()
    return payment


def refund_page(payment: Payment) -> str:
    return reverse("admin:payments_payment_change", args=[payment.pk]).replace("/change/", "/refund/")


def test_a_refund_is_asked_for_once_however_often_the_form_is_sent(payment):
    client = clerk("support")
    page = refund_page(payment)
    data = {
        "token": token(client, page),
        "amount": "100.00",
        "reason": "Torn seam",
        "step": "confirm",
        "seen": str(payment.amount),
    }

    answers = [client.post(page, data) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    refund = Refund.objects.get()
    assert (refund.amount, refund.reason, refund.origin, refund.status) == (
        Decimal("100.00"),
        "Torn seam",
        "staff",
        "requested",
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": "99999999"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "x"}, "amount"),
        ({"reason": ""}, "reason"),
    ],
)
def test_a_refund_that_cannot_be_is_told_beside_its_field(payment, changes, field):
    answer = boss().post(refund_page(payment), {"token": "t", "amount": "10", "reason": "r", **changes})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Refund.objects.exists()


def test_money_that_never_came_does_not_go_back(payment):
    Payment.objects.filter(pk=payment.pk).update(approved_at=None, role="none", status="pending")

    answer = boss().post(refund_page(payment), {"token": "t", "amount": "10", "reason": "r"})

    assert answer.status_code == 422
    assert answer.context["form"].non_field_errors()


@pytest.mark.parametrize("role", ["warehouse", "catalogue"])
def test_a_warehouse_clerk_cannot_refund(payment, role):
    client = clerk(role)

    assert client.get(refund_page(payment)).status_code == 403
    assert client.post(refund_page(payment), {"token": "t", "amount": "10", "reason": "r"}).status_code == 403
    assert not Refund.objects.exists()


def make_refund(payment: Payment, status: str) -> Refund:
    return Refund.objects.create(
        payment=payment, amount=Decimal(10), currency="ARS", status=status, dedupe_key=f"k-{status}"
    )


def test_a_failed_refund_is_tried_again_and_a_manual_one_noted(payment):
    failed, manual, done = (make_refund(payment, status) for status in ("failed", "manual", "succeeded"))
    client = clerk("manager")

    def act(refund: Refund, verb: str, **data: str) -> int:
        page = reverse("admin:payments_refund_change", args=[refund.pk]).replace("/change/", f"/{verb}/")
        return client.post(page, {"token": f"{refund.pk}", **data}).status_code

    assert act(failed, "try-again") == 302
    assert act(manual, "by-hand", note="Transfer 123") == 302
    assert act(done, "try-again") == 422
    assert act(done, "by-hand", note="x") == 422

    for refund, status in ((failed, "requested"), (manual, "succeeded"), (done, "succeeded")):
        refund.refresh_from_db()
        assert refund.status == status


def test_a_failed_refund_whose_money_went_back_otherwise_is_not_tried_again(payment):
    failed = Refund.objects.create(
        payment=payment, amount=payment.amount, currency="ARS", status="failed", dedupe_key="k-whole"
    )
    make_refund(payment, "succeeded")
    page = reverse("admin:payments_refund_change", args=[failed.pk]).replace("/change/", "/try-again/")

    answer = clerk("manager").post(page, {"token": "t"})

    assert answer.status_code == 422
    failed.refresh_from_db()
    assert failed.status == "failed"


def test_support_may_ask_for_refunds_but_not_repair_them(payment):
    refund = make_refund(payment, "failed")
    page = reverse("admin:payments_refund_change", args=[refund.pk]).replace("/change/", "/try-again/")

    assert clerk("support").post(page, {"token": "t"}).status_code == 403


def test_chosen_webhooks_are_put_back_into_the_queue(payment):
    event = WebhookEvent.objects.get()
    WebhookEvent.objects.filter(pk=event.pk).update(status="failed", processed_at=timezone.now(), attempts=9)
    page = reverse("admin:payments_webhookevent_changelist")
    action = {"action": "process_again", "_selected_action": [str(event.pk)]}

    clerk("support").post(page, action)
    event.refresh_from_db()
    assert event.status == "failed"
    clerk("manager").post(page, action)

    event.refresh_from_db()
    assert event.status == "received"


def test_every_page_opens_with_the_payload_escaped_and_nothing_can_be_changed(payment):
    Payment.objects.filter(pk=payment.pk).update(snapshot={"note": "<script>alert(1)</script>"})
    event = WebhookEvent.objects.get()
    client = boss()
    rows = {
        "payment": payment,
        "paymentattempt": payment.attempt,
        "refund": make_refund(payment, "failed"),
        "webhookevent": event,
    }

    for model, row in rows.items():
        change = reverse(f"admin:payments_{model}_change", args=[row.pk])
        answer = client.get(change)
        assert answer.status_code == 200, model
        assert "<script>alert(1)" not in answer.content.decode()
        assert client.post(change, {"status": "approved"}).status_code == 403
        assert client.get(reverse(f"admin:payments_{model}_add")).status_code == 403
        assert (
            client.post(reverse(f"admin:payments_{model}_delete", args=[row.pk]), {"post": "y"}).status_code
            == 403
        )
    assert (
        "&lt;script&gt;"
        in client.get(reverse("admin:payments_payment_change", args=[payment.pk])).content.decode()
    )


def test_lists_cost_the_same_for_five_rows_and_for_nine():
    client = boss()
    lists = [
        reverse(f"admin:payments_{model}_changelist")
        for model in ("payment", "paymentattempt", "refund", "webhookevent")
    ]
    variant = make_variant(units=100)
    for number in range(5):
        pay(make_order(make_cart((variant, 1))), f"a{number}")
    for address in lists:
        queries(client, address)
    few = [queries(client, address) for address in lists]
    for number in range(4):
        pay(make_order(make_cart((variant, 1))), f"b{number}")

    assert [queries(client, address) for address in lists] == few
    assert max(few) <= 12


@pytest.mark.parametrize("key", ["x", "01a1fc8b-0000-7000-8000-000000000000"])
def test_a_verb_on_nothing_is_not_found(key):
    client = boss()

    for model, verb in (("payment", "refund"), ("refund", "try-again"), ("refund", "by-hand")):
        address = reverse(f"admin:payments_{model}_changelist") + f"{key}/{verb}/"
        assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("status", "acts"),
    [
        ("requested", set()),
        ("succeeded", set()),
        ("failed", {"try-again", "by-hand"}),
        ("manual", {"by-hand"}),
    ],
)
def test_a_refunds_page_offers_only_what_may_follow(payment, status, acts):
    refund = Refund.objects.create(
        payment=payment,
        amount=10,
        currency=payment.currency,
        status=status,
        dedupe_key="x",
        succeeded_at=timezone.now() if status == "succeeded" else None,
    )
    page = boss().get(reverse("admin:payments_refund_change", args=[refund.pk])).content.decode()

    assert {act for act in ("try-again", "by-hand") if f"/{act}/" in page} == acts


@pytest.mark.parametrize(("role", "is_offered"), [("order", False), ("mismatch", True)])
def test_a_decision_is_offered_only_about_money_that_does_not_fit(payment, role, is_offered):
    Payment.objects.filter(pk=payment.pk).update(role=role)
    page = boss().get(reverse("admin:payments_payment_change", args=[payment.pk])).content.decode()

    assert ("/decide/" in page) is is_offered
    assert "/refund/" in page
