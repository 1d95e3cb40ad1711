"""Bank data of manual refunds: asked once, given through a link, encrypted, corrected, shown to few, deleted."""

import json
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.tests.admin.test_orders import pay
from orders.tests.factories import make_order
from payments.models import BankRequest, Refund
from payments.refunds import bank_details, bank_requests
from payments.tests.settlement.test_races import at_once
from shop.core.mail.outbox import as_sent
from shop.core.models import EmailLog, Event
from shop.core.privacy import vault
from shop.core.web import throttle
from tests.support.languages import PageClient

pytestmark = pytest.mark.django_db

CBU, OTHER_CBU = "2850590940090418135201", "0170099220000067797370"
DATA = {"cbu_account": CBU, "cbu_holder": "Ana Gómez", "cbu_tax_id": "20-30123456-3"}
KEPT = {"account": CBU, "holder": "Ana Gómez", "tax_id": "20301234563"}


@pytest.fixture(autouse=True)
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "allow", lambda *_arguments, **_options: True)


def manual_refund(number: str = "1") -> Refund:
    """Return a refund that people must make."""
    payment = pay(make_order(), number)
    refund = Refund.objects.get(payment=payment)
    Refund.objects.filter(pk=refund.pk).update(status="manual")
    refund.refresh_from_db()
    return refund


@pytest.fixture
def refund() -> Refund:
    return manual_refund()


@pytest.fixture
def asked(refund: Refund) -> BankRequest:
    return bank_requests.ask(refund, actor="job")


def page(asked: BankRequest) -> str:
    return reverse("payments:bank_data", args=[vault.encrypt("bank link", asked.pk.bytes)])


def english(asked: BankRequest) -> Client:
    return PageClient("en")


def give(asked: BankRequest, **changes: str) -> bool:
    return bank_details.give(asked, way="cbu", values={**KEPT, **changes}, actor="shopper")


def test_the_question_is_asked_once_however_often_the_refund_becomes_manual(refund):
    for _turn in range(3):
        bank_requests.ask(refund, actor="job")

    mail = EmailLog.objects.get(kind="bank_data_asked")
    assert BankRequest.objects.get().stage == "waiting"
    assert (mail.to, mail.language) == ("ana@example.com", "es")
    assert "/devolucion/" in as_sent(mail).text
    assert refund.payment.order is not None
    assert str(refund.pk) not in as_sent(mail).text


def test_the_link_of_the_mail_opens_the_page_without_login_and_says_nothing_to_others(asked):
    address = next(
        word
        for word in as_sent(EmailLog.objects.get(kind="bank_data_asked")).text.split()
        if "/devolucion/" in word
    )

    answer = Client().get(
        address.split("//", 1)[1].partition("/")[1] + address.split("//", 1)[1].partition("/")[2]
    )

    assert answer.status_code == 200
    # `no-referrer` would make browsers send `Origin: null`, and the form be refused as forged.
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "no-store" in answer.headers["Cache-Control"]
    words = answer.content.decode()
    assert "noindex" in words
    assert "csrfmiddlewaretoken" in words
    assert 'name="cbu_account"' in words


@pytest.mark.parametrize(
    "kind", ["nonsense", "unsigned", "another purpose", "signed by Django", "old", "of nobody"]
)
def test_a_link_that_is_not_ours_or_too_old_opens_nothing(asked, kind, settings, monkeypatch):
    tokens = {
        "nonsense": "x",
        "unsigned": str(asked.pk),
        "another purpose": vault.encrypt("bank data", asked.pk.bytes),
        "signed by Django": signing.dumps(str(asked.pk)),
        "old": vault.encrypt("bank link", asked.pk.bytes),
        "of nobody": vault.encrypt("bank link", b"0" * 16),
    }
    if kind == "old":
        later = timezone.now() + settings.BANK_DATA_LINK_TTL + timedelta(minutes=5)
        monkeypatch.setattr("cryptography.fernet.time.time", later.timestamp)
    address = reverse("payments:bank_data", args=[tokens[kind]])

    assert Client().get(address).status_code == 404
    assert Client().post(address, DATA).status_code == 404
    assert not BankRequest.objects.get().sealed


def test_what_is_given_is_kept_encrypted_and_confirmed_by_mail_with_four_digits_only(asked):
    answer = Client().post(page(asked), DATA)

    assert answer.status_code == 302
    asked.refresh_from_db()
    assert (asked.stage, asked.revision, asked.next_reminder_at) == ("ready", 1, None)
    assert bank_details.read(asked).values == KEPT
    mail = EmailLog.objects.get(kind="bank_data_given")
    assert CBU not in as_sent(mail).text + as_sent(mail).html
    assert "5201" in mail.text
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" AS t WHERE t::text LIKE %s', [f"%{CBU}%"])
            assert cursor.fetchone() == (0,), table


def test_the_page_never_shows_an_account_in_full(asked):
    give(asked)

    words = Client().get(page(asked)).content.decode()

    assert "5201" in words
    assert CBU not in words
    assert "20301234563" not in words


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"cbu_account": CBU[:-1] + "2"}, "cbu_account", "check digit"),
        ({"cbu_account": ""}, "cbu_account", "We need this"),
        ({"cbu_tax_id": "20-30123456-4"}, "cbu_tax_id", "CUIT"),
        ({"cbu_holder": "x" * 500}, "cbu_holder", "120"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(asked, changes, field, words):
    answer: Any = english(asked).post(page(asked), {**DATA, **changes})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert words in answer.content.decode().replace("&#x27;", "'")
    asked.refresh_from_db()
    assert not asked.sealed


@pytest.mark.parametrize(
    ("country", "data", "way"),
    [
        ("MX", {"clabe_account": "032180000118359719", "clabe_holder": "Ana Gómez"}, "clabe"),
        ("BR", {"way": "pix", "pix_account": "ana@example.com", "pix_holder": "Ana Souza"}, "pix"),
        (
            "BR",
            {
                "way": "account",
                "account_bank": "Banco do Brasil",
                "account_agency": "1234",
                "account_number": "12345-6",
                "account_holder": "Ana Souza",
                "account_tax_id": "111.444.777-35",
            },
            "account",
        ),
        (
            "PE",
            {
                "way": "account",
                "account_bank": "BCP",
                "account_kind": "savings",
                "account_account": "191-12345678-0-12",
                "account_holder": "Ana Quispe",
                "account_tax_id": "10117410",
            },
            "account",
        ),
    ],
)
def test_every_country_gives_what_its_banks_need(asked, country, data, way):
    BankRequest.objects.filter(pk=asked.pk).update(country=country)

    assert Client().get(page(asked)).status_code == 200
    assert Client().post(page(asked), data).status_code == 302

    asked.refresh_from_db()
    assert bank_details.read(asked).way.code == way


def test_a_form_without_its_token_is_refused(asked):
    strict = Client(enforce_csrf_checks=True)
    strict.get(page(asked))

    assert strict.post(page(asked), DATA).status_code == 403
    asked.refresh_from_db()
    assert not asked.sealed


def test_too_many_tries_are_put_off_and_change_nothing(asked, monkeypatch):
    monkeypatch.setattr(
        throttle, "allow", lambda scope, *_arguments, **_options: scope != "bank-answers-each"
    )

    assert Client().post(page(asked), DATA).status_code == 429
    asked.refresh_from_db()
    assert not asked.sealed


def test_the_same_answer_again_is_one_answer_and_a_correction_another(asked):
    assert give(asked)
    assert not give(asked)
    assert give(asked, account=OTHER_CBU)

    asked.refresh_from_db()
    assert asked.revision == 2
    assert bank_details.read(asked).values["account"] == OTHER_CBU
    assert EmailLog.objects.filter(kind="bank_data_given").count() == 2
    kinds = Event.objects.filter(subject_id=asked.pk).values_list("kind", flat=True)
    assert list(kinds) == ["bank data asked", "bank data given", "bank data corrected"]
    assert CBU not in json.dumps(list(Event.objects.values("reason", "data")), default=str)


def test_after_the_transfer_nothing_can_be_corrected(asked):
    give(asked)
    assert bank_details.note_transfer(asked.refund, number="T-1", revision=1, actor="staff")

    with pytest.raises(bank_details.TooLate):
        give(asked, account=OTHER_CBU)
    answer = Client().post(page(asked), {**DATA, "cbu_account": OTHER_CBU})
    assert answer.status_code == 409
    assert 'name="cbu_account"' not in answer.content.decode()
    mail = EmailLog.objects.get(kind="refund_transferred")
    assert "T-1" in mail.text
    assert "5201" in mail.text
    assert CBU not in mail.text


def test_a_transfer_to_an_account_that_was_corrected_meanwhile_is_refused(asked):
    give(asked)
    give(asked, account=OTHER_CBU)

    with pytest.raises(bank_details.DataChanged):
        bank_details.note_transfer(asked.refund, number="T-1", revision=1, actor="staff")
    asked.refund.refresh_from_db()
    assert asked.refund.status == "manual"


def test_bank_data_of_another_refund_do_not_open_here(asked):
    other = bank_requests.ask(manual_refund("2"), actor="job")
    give(asked)
    asked.refresh_from_db()
    BankRequest.objects.filter(pk=other.pk).update(sealed=asked.sealed)
    other.refresh_from_db()

    with pytest.raises(vault.CannotOpen):
        bank_details.read(other)


def test_reminders_come_a_few_times_and_then_the_staff_is_told(asked, settings):
    for _turn in range(5):
        BankRequest.objects.update(next_reminder_at=timezone.now() - timedelta(seconds=1))
        bank_details.run_due()
        bank_details.run_due()

    assert EmailLog.objects.filter(kind="bank_data_asked").count() == bank_requests.MOST_MAILS
    assert EmailLog.objects.filter(kind="payment_attention").count() == 1


def test_nobody_who_has_answered_is_reminded(asked):
    give(asked)
    BankRequest.objects.update(next_reminder_at=timezone.now() - timedelta(days=1))

    assert bank_details.run_due()["asked"] == 0


def test_bank_data_are_forgotten_some_days_after_the_transfer_and_not_before(asked, settings):
    give(asked)
    assert bank_details.purge() == 0
    bank_details.note_transfer(asked.refund, number="T-1", revision=1, actor="staff")
    assert bank_details.purge() == 0
    Refund.objects.update(succeeded_at=timezone.now() - settings.BANK_DATA_KEEP - timedelta(minutes=1))

    assert bank_details.purge() == 1
    assert bank_details.purge() == 0

    asked.refresh_from_db()
    assert (asked.sealed, asked.purged_at is not None) == ("", True)
    assert Client().get(page(asked)).status_code == 200


def test_a_transfer_that_came_back_is_asked_about_anew(asked, settings):
    give(asked)
    bank_details.note_transfer(asked.refund, number="T-1", revision=1, actor="staff")
    Refund.objects.update(succeeded_at=timezone.now() - timedelta(days=99))
    bank_details.purge()
    Refund.objects.update(status="manual")
    asked.refund.refresh_from_db()

    bank_requests.ask(asked.refund, actor="job")

    asked.refresh_from_db()
    assert (asked.stage, asked.purged_at) == ("waiting", None)
    assert EmailLog.objects.filter(kind="bank_data_asked").count() == 2
    assert give(asked)


def test_an_old_key_is_replaced(asked, settings):
    give(asked)
    settings.DATA_KEYS = ["a-new-key-of-more-than-thirty-two-characters", *settings.DATA_KEYS]

    assert bank_details.run_due()["sealed anew"] == 1
    assert bank_details.run_due()["sealed anew"] == 0

    settings.DATA_KEYS = settings.DATA_KEYS[:1]
    asked.refresh_from_db()
    assert bank_details.read(asked).values == KEPT


@pytest.mark.parametrize(
    ("language", "words"), [("es", "refund"), ("en", "Your refund"), ("pt-br", "refund")]
)
def test_the_link_leads_to_a_page_in_the_language_of_the_purchase(asked, language, words):
    checkout = asked.refund.payment.attempt.purchase
    type(checkout).objects.filter(pk=checkout.pk).update(language=language)

    link = bank_requests.link(BankRequest.objects.get(pk=asked.pk))
    answer = Client(headers={"accept-language": "de"}).get(urlsplit(link).path)

    assert f'lang="{language}"' in answer.content.decode().lower()


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_two_answers_at_once_leave_one_of_them_whole():
    asked = bank_requests.ask(manual_refund(), actor="job")

    results = at_once(*[lambda cbu=cbu: give(asked, account=cbu) for cbu in (CBU, OTHER_CBU) * 3])

    assert not [result for result in results if isinstance(result, Exception)]
    asked.refresh_from_db()
    assert bank_details.read(asked).values["account"] in {CBU, OTHER_CBU}
    given = Event.objects.filter(subject_id=asked.pk, kind__startswith="bank data ").exclude(
        kind="bank data asked"
    )
    assert asked.revision == given.count() == EmailLog.objects.filter(kind="bank_data_given").count()


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_a_correction_against_the_noting_never_leaves_money_with_unseen_data():
    for number in range(6):
        asked = bank_requests.ask(manual_refund(str(number)), actor="job")
        give(asked)
        results = at_once(
            partial(give, asked, account=OTHER_CBU),
            partial(bank_details.note_transfer, asked.refund, number="T", revision=1, actor="staff"),
        )
        asked = BankRequest.objects.select_related("refund").get(pk=asked.pk)
        corrected, noted = results
        if noted is True:
            assert isinstance(corrected, bank_details.TooLate)
            assert (asked.refund.status, asked.revision) == ("succeeded", 1)
        else:
            assert isinstance(noted, bank_details.DataChanged)
            assert (asked.refund.status, asked.revision, corrected) == ("manual", 2, True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_control_without_the_lock_the_correction_slips_under_the_transfer(monkeypatch):
    """Without the payment's lock the money is recorded as sent to the first account while the second one is stored."""
    import threading

    asked = bank_requests.ask(manual_refund(), actor="job")
    give(asked)
    looked, noted = threading.Event(), threading.Event()
    encrypt = vault.encrypt

    def slow(purpose: str, data: bytes) -> str:
        looked.set()
        noted.wait(60)
        return encrypt(purpose, data)

    monkeypatch.setattr(bank_details, "_lock", lambda _refund: None)
    monkeypatch.setattr("payments.refunds.refund_requests.lock_payment", lambda _refund: None)
    monkeypatch.setattr("django.db.models.query.QuerySet.select_for_update", lambda self, *_a, **_o: self)

    def note() -> None:
        looked.wait(60)
        monkeypatch.setattr(vault, "encrypt", encrypt)
        bank_details.note_transfer(asked.refund, number="T", revision=1, actor="staff")
        noted.set()

    monkeypatch.setattr(vault, "encrypt", slow)
    at_once(lambda: give(asked, account=OTHER_CBU), note)

    asked = BankRequest.objects.select_related("refund").get(pk=asked.pk)
    assert (asked.refund.status, asked.revision) == ("succeeded", 2)


def test_amounts_are_not_touched(asked):
    give(asked)
    bank_details.note_transfer(asked.refund, number="T", revision=1, actor="staff")

    assert Refund.objects.get().amount == Decimal("10.00")
