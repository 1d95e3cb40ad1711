"""Bank data in the back office: masked, shown to few and recorded, and the transfer recorded for what was shown."""

import pytest
from django.urls import reverse

from payments.models import BankRequest, Payment, Refund
from payments.refunds import bank_details, bank_requests, refund_requests, sending
from payments.settlement import settle
from payments.tests.refunds.test_bank_details import CBU, OTHER_CBU, give, manual_refund
from payments.tests.world import World
from shop.accounts.tests.staff_clients import boss, clerk, queries, token
from shop.core.models import EmailLog, Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked() -> BankRequest:
    asked = bank_requests.ask(manual_refund(), actor="job")
    give(asked)
    asked.refresh_from_db()
    return asked


def at(asked: BankRequest, verb: str = "change") -> str:
    return reverse("admin:payments_bankrequest_change", args=[asked.pk]).replace("/change/", f"/{verb}/")


def by_hand(asked: BankRequest) -> str:
    return reverse("admin:payments_refund_change", args=[asked.refund_id]).replace("/change/", "/by-hand/")


@pytest.mark.parametrize("role", ["support", "manager"])
def test_the_pages_show_an_account_masked(asked, role):
    client = clerk(role)

    for page in (at(asked), reverse("admin:payments_bankrequest_changelist"), by_hand(asked)):
        words = client.get(page).content.decode()
        assert CBU not in words, page
    assert not Event.objects.filter(kind="bank data shown").exists()


def test_who_sees_the_account_is_noted(asked):
    client = clerk("manager")
    page = at(asked, "show")

    assert CBU not in client.get(page).content.decode()
    answer = client.post(page, {"token": token(client, page)})

    assert CBU in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    event = Event.objects.get(kind="bank data shown")
    assert (event.actor.startswith("staff:"), event.subject_id, event.data) == (
        True,
        asked.pk,
        {"revision": 1},
    )


@pytest.mark.parametrize("role", ["support", "warehouse", "catalogue"])
def test_others_cannot_see_it(asked, role):
    client = clerk(role)

    assert client.get(at(asked, "show")).status_code == 403
    assert client.post(at(asked, "show"), {"token": "t"}).status_code == 403
    assert not Event.objects.filter(kind="bank data shown").exists()


def test_the_transfer_is_noted_with_the_banks_number(asked):
    client = clerk("manager")
    form = {"token": token(client, by_hand(asked)), "note": "T-4711", "revision": "1"}

    answers = [client.post(by_hand(asked), form) for _turn in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    asked.refund.refresh_from_db()
    assert asked.refund.status == "succeeded"
    assert EmailLog.objects.filter(kind="refund_transferred", text__contains="T-4711").count() == 1
    assert client.post(by_hand(asked), {"token": "u", "note": "", "revision": "1"}).status_code == 422


def test_a_correction_between_looking_and_noting_is_told(asked):
    client = clerk("manager")
    form = {"token": token(client, by_hand(asked)), "note": "T-4711", "revision": "1"}
    give(asked, account=OTHER_CBU)

    assert client.post(by_hand(asked), form).status_code == 422
    asked.refund.refresh_from_db()
    assert asked.refund.status == "manual"


def test_staff_may_ask_again(asked):
    client = clerk("support")
    page = at(asked, "ask-again")

    assert client.post(page, {"token": token(client, page)}).status_code == 302
    assert EmailLog.objects.filter(kind="bank_data_asked").count() == 2
    assert clerk("warehouse").get(page).status_code == 403


def test_lists_tell_whose_turn_it_is(asked):
    waiting = bank_requests.ask(manual_refund("2"), actor="job")
    transferred = bank_requests.ask(manual_refund("3"), actor="job")
    bank_details.note_transfer(transferred.refund, number="T", revision=0, actor="staff")
    client = boss()

    def found(model: str, query: str) -> set[object]:
        answer = client.get(reverse(f"admin:payments_{model}_changelist") + query)
        return {row.pk for row in answer.context["cl"].result_list}

    assert found("bankrequest", "?stage=ready") == {asked.pk}
    assert found("bankrequest", "?stage=waiting") == {waiting.pk}
    assert found("bankrequest", "?stage=done") == {transferred.pk}
    assert found("refund", "?bank=ready") == {asked.refund_id}
    assert found("refund", "?bank=waiting") == {waiting.refund_id}


def test_the_list_costs_the_same_however_long_it_is(asked):
    client, page = boss(), reverse("admin:payments_bankrequest_changelist")
    client.get(page)
    few = queries(client, page)
    for number in range(2, 6):
        bank_requests.ask(manual_refund(str(number)), actor="job")

    assert queries(client, page) == few


def test_a_voucher_that_cannot_go_back_asks_for_bank_data(providers: World, settings):
    settings.SHOP_CURRENCY = "MXN"
    attempt = providers.begin("stripe")
    providers.pay_voucher(attempt, providers.pay(attempt, "voucher"))
    settle.settle(attempt_id=attempt.pk, actor="test")
    payment = Payment.objects.get()
    refund = refund_requests.request(payment, payment.amount, Refund.Origin.STAFF, "torn", "k", actor="staff")

    for _turn in range(2):
        sending.send(refund.pk)

    asked = BankRequest.objects.get(refund=refund)
    assert asked.stage == "waiting"
    assert EmailLog.objects.filter(kind="bank_data_asked").count() == 1
