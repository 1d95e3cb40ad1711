"""Erasure, tested on the whole database: a search of every column finds the person in invoices only."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inventory.checks import runner
from inventory.models import StockMovement
from orders.checkout import sessions
from orders.models import Order
from orders.tests.factories import make_cart, make_session
from payments.models import (
    Payment,
    PaymentAttempt,
    PayoutReport,
    Refund,
)
from payments.settlement import settle
from payments.tests.privacy.customer_traces import (
    DOCUMENT,
    EMAIL,
    FISCAL,
    GIFT,
    LAST,
    NAME,
    OTHER,
    PHONE,
    STREET,
    books,
    carry_out,
    contact,
    finish,
    found,
)
from shop.accounts import erasure
from shop.accounts.models import ErasureRequest, User
from shop.accounts.privacy import person_at, person_of
from shop.core.mail import outbox
from shop.core.models import EmailLog, Event
from shop.core.privacy import personal_data

pytestmark = pytest.mark.django_db


def test_control_the_search_finds_a_customer_everywhere(life):
    """Without an erasure the same search finds the person in every table that an erasure must empty."""
    places = found()

    tables = {table for table, _column in places}
    assert tables >= {
        "accounts_user",
        "accounts_profile",
        "accounts_address",
        "account_emailaddress",
        "catalog_waitingentry",
        "inventory_reservation",
        "orders_checkoutsession",
        "orders_order",
        "orders_addresssnapshot",
        "payments_payment",
        "payments_refund",
        "payments_webhookevent",
        "core_emaillog",
        "core_event",
        "django_admin_log",
        "payments_straypayment",
        "payments_payoutline",
        "payments_payoutreport",
    }
    assert {"text", "to", "html", "dedupe_key"} <= {
        column for table, column in places if table == "core_emaillog"
    }


def test_after_an_erasure_only_invoices_name_the_person_and_the_books_are_whole(life, providers):
    before = books()
    request = erasure.order(EMAIL, actor="staff:a@percha.test", language="es")

    finish(request)

    assert found() <= FISCAL
    assert ("orders_order", "document_number") in found()
    assert books() == before
    assert not User.objects.filter(pk=life.pk).exists()
    for order in Order.objects.select_related("billing_address", "shipping_address"):
        assert (order.email, order.phone, order.note, order.user_id) == ("", "", "", None)
        assert (order.first_name, order.last_name, order.document_number) == (NAME, LAST, DOCUMENT)
        assert order.billing_address.street == STREET
        assert order.shipping_address.street == ""
        assert order.erased_at
    assert not runner.check()
    assert not PayoutReport.objects.exclude(content=b"").exists()


def test_invoices_go_when_the_law_lets_them(life, settings):
    finish(erasure.order(EMAIL, actor="staff", language="es"))
    assert personal_data.expire()["orders"] == 0
    now = timezone.localtime()
    youngest = Order.objects.order_by("placed_at").first()
    Order.objects.update(placed_at=now.replace(year=now.year - 11, month=12, day=31, hour=12))
    Order.objects.filter(pk=youngest.pk).update(
        placed_at=now.replace(year=now.year - 10, month=1, day=1, hour=12)
    )

    assert personal_data.expire()["orders"] == 1
    assert personal_data.expire()["orders"] == 0
    assert ("orders_order", "last_name") in found()
    Order.objects.update(placed_at=now.replace(year=now.year - 11, month=6, day=1))
    assert personal_data.expire()["orders"] == 1

    assert not found()
    assert Order.objects.filter(fiscal_erased_at__isnull=False).count() == 2


@pytest.mark.parametrize("dies_in", ["payments", "orders", "inventory", "catalog", "accounts", "core"])
def test_a_worker_that_dies_half_way_is_followed_by_one_that_finishes(life, monkeypatch, dies_in):
    request = erasure.order(EMAIL, actor="staff", language="es")
    parts = {part.name: part for part in personal_data.parts()}
    killed = parts[dies_in]

    def half(person: Any) -> int:
        killed.erase(person)
        raise SystemExit("killed")

    monkeypatch.setitem(personal_data._parts, dies_in, personal_data.Part(**{**vars(killed), "erase": half}))
    with pytest.raises(SystemExit):
        carry_out(request)
    request.refresh_from_db()
    assert request.status == "erasing"
    assert dies_in not in request.steps
    monkeypatch.setitem(personal_data._parts, dies_in, killed)

    finish(request)

    assert found() <= FISCAL


def test_a_kill_in_the_middle_of_the_orders_leaves_each_purchase_whole_or_erased(life, monkeypatch):
    request = erasure.order(EMAIL, actor="staff", language="es")
    calls = []
    forget = personal_data.forget_trail

    def dying(trail: Any, person: Any) -> int:
        calls.append(trail)
        if len(calls) == 2:
            raise SystemExit("killed")
        return forget(trail, person)

    monkeypatch.setattr(personal_data, "forget_trail", dying)
    with pytest.raises(SystemExit):
        carry_out(request)
    monkeypatch.setattr(personal_data, "forget_trail", forget)

    finish(request)

    assert found() <= FISCAL


def test_what_is_under_way_puts_it_off_in_words_and_it_goes_on_by_itself(life, providers):
    Order.objects.update(placed_at=timezone.now())
    late = Refund.objects.exclude(payment__role="stray").get()
    Refund.objects.filter(pk=late.pk).update(status="requested")
    Payment.objects.filter(gateway="stripe").update(status="disputed")
    request = erasure.order(EMAIL, actor="staff", language="en")

    assert carry_out(request) == "postponed"
    request.refresh_from_db()
    words = " ".join(request.obstacles)
    assert "still under way" in words
    assert "A refund is still on its way" in words
    assert "disputed" in words
    assert User.objects.filter(pk=life.pk).exists()
    assert carry_out(request) == "postponed"

    Order.objects.update(placed_at=timezone.now() - timedelta(days=100))
    Refund.objects.filter(pk=late.pk).update(status="succeeded")
    Payment.objects.update(status="approved")
    finish(request)
    assert found() <= FISCAL


def test_a_voucher_that_may_still_be_paid_puts_it_off(providers, person):
    session = make_session(make_cart(user=person), user=person)
    sessions.set_contact(session, contact=contact(), actor="shopper")
    attempt = providers.begin("mercadopago", session)
    providers.pay(attempt, "voucher")
    settle.settle(attempt_id=attempt.pk, actor="test")
    assert PaymentAttempt.objects.get().status == "pending"

    assert carry_out(erasure.order(EMAIL, actor="staff", language="es")) == "postponed"


def test_nobody_else_is_touched(life):
    other = make_session(user=User.objects.create_user("zenobia.quispe@example.com", "clave-segura-123"))
    stranger = EmailLog.objects.create(
        kind="x", to="x@example.org", subject="s", text="t", dedupe_key="x", language="es"
    )

    finish(erasure.order(EMAIL, actor="staff", language="es"))

    other.refresh_from_db()
    stranger.refresh_from_db()
    assert other.email == "ana@example.com"
    assert other.first_name == "Ana"
    assert stranger.text == "t"
    assert User.objects.filter(email="zenobia.quispe@example.com").exists()


def test_the_request_itself_names_nobody_while_it_runs_and_is_empty_afterwards(life):
    request = erasure.order(EMAIL, actor="staff:a@percha.test", language="es")
    assert ("accounts_erasurerequest", "sealed") not in found()
    carry_out(request)
    request.refresh_from_db()
    assert request.status == "telling"
    assert {place for place in found() if place[0] == "accounts_erasurerequest"} == set()
    assert EmailLog.objects.get(kind="erasure_done").to in {EMAIL, OTHER}

    outbox.send_due()
    carry_out(request)

    request.refresh_from_db()
    assert (request.status, request.sealed, request.digest) == ("done", "", "")
    assert EmailLog.objects.get(kind="erasure_done").to == ""
    assert Event.objects.filter(subject_type="accounts.erasurerequest", to_state="done").count() == 1


def test_twice_at_the_same_person_is_one_erasure(life):
    erasure.order(EMAIL, actor="staff", language="es")
    with pytest.raises(erasure.AlreadyAsked):
        erasure.order(EMAIL.upper(), actor="staff", language="es")


def test_a_member_of_the_staff_cannot_be_erased(person):
    User.objects.filter(pk=person.pk).update(is_staff=True)

    with pytest.raises(erasure.StaffAccount):
        erasure.order(EMAIL, actor="staff", language="es")
    assert User.objects.filter(pk=person.pk).exists()


def test_a_person_without_address_or_account_is_no_person():
    for wrong in (frozenset[str](), frozenset({""})):
        with pytest.raises(ValueError, match="known by"):
            personal_data.Person(wrong)
    with pytest.raises(ValueError, match="known by"):
        person_at(" ")


def test_an_export_tells_everything_of_the_person_and_nothing_of_others(life):
    snapshot = str(personal_data.export(person_of(life)))

    for word in (EMAIL, OTHER, NAME, LAST, PHONE, DOCUMENT, STREET, GIFT, "T-1"[:1]):
        assert word in snapshot, word
    for order in Order.objects.all():
        assert f"'number': {order.number}" in snapshot
    assert "boss@percha.test" not in snapshot
    assert "2850590940090418135201" in snapshot
    assert len(personal_data.export(person_of(life))["orders"]["orders"]) == 2


def test_the_stock_ledger_never_learns_who_bought(providers, person):
    """A purchase settled by its own shopper's click: the movement cannot be changed later, so it names nobody."""
    session = make_session(make_cart(user=person), user=person)
    session = sessions.set_contact(session, contact=contact(), actor="shopper")
    attempt = providers.begin("stripe", session)
    providers.pay(attempt)
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")

    client.post(reverse("payments:start", args=[session.token]), {"gateway": "mercadopago"})

    assert Order.objects.get(checkout=session)
    assert StockMovement.objects.filter(kind="sale").exists()
    assert not StockMovement.objects.filter(kind="sale", actor__contains="@").exists()


def test_a_request_outlives_the_key_it_was_encrypted_with(person, settings):
    request = erasure.order(EMAIL, actor="staff", language="es")
    ErasureRequest.objects.update(next_try_at=timezone.now() + timedelta(hours=1))
    settings.DATA_KEYS = ["a-new-key-of-more-than-thirty-two-characters", *settings.DATA_KEYS]
    erasure.run_due()
    settings.DATA_KEYS = settings.DATA_KEYS[:1]

    finish(request)

    assert not User.objects.filter(pk=person.pk).exists()
