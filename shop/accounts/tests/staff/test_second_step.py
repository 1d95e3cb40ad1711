"""The second step of signing in: required of those who have one, and by the back office."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from shop.accounts.models import User
from shop.accounts.tests.factories import PASSWORD
from shop.accounts.tests.staff_clients import boss, carried, clerk, signed_in
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def staff() -> User:
    cache.clear()
    user = User.objects.create_superuser("staff@example.com", PASSWORD)
    TOTP.activate(user, SECRET)
    return user


def test_the_password_alone_does_not_open_the_back_office(staff, monkeypatch):
    # A code is valid for half a minute, which must not end during the test.
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    code = format_hotp_value(hotp_value(SECRET, int(now) // 30))
    client = Client()
    answer = client.post(
        reverse("account_login"), {"login": staff.email, "password": PASSWORD, "next": reverse("admin:index")}
    )
    assert answer["Location"].startswith(reverse("mfa_authenticate"))
    assert client.get(reverse("admin:index")).status_code == 302
    page = client.get(answer["Location"])
    assert 'class="gate"' in page.content.decode()

    wrong = client.post(answer["Location"], {"code": "000000" if code != "000000" else "111111"})
    assert wrong.status_code == 200
    right = client.post(answer["Location"], {"code": code})

    assert right.status_code == 302
    assert client.get(reverse("admin:index")).status_code == 200


def test_a_superuser_takes_the_second_step_from_who_lost_it_and_never_sees_the_secret(staff):
    step = Authenticator.objects.get(user=staff)
    client = boss()

    page = client.get(reverse("admin:mfa_authenticator_change", args=[step.pk])).content.decode()
    client.post(reverse("admin:mfa_authenticator_delete", args=[step.pk]), {"post": "yes"})

    assert SECRET not in page
    assert not Authenticator.objects.filter(user=staff).exists()


@pytest.fixture
def required(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Production's setting; and a frozen clock, since a code is valid for half a minute."""
    settings.STAFF_MFA_REQUIRED = True
    cache.clear()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)


def code(secret: str = SECRET) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def log_in(client: Client, user: User) -> str:
    answer = client.post(
        reverse("account_login"), {"login": user.email, "password": PASSWORD, "next": reverse("admin:index")}
    )
    return str(answer["Location"])


ADMIN_PAGES = [
    "admin:index",
    "admin:accounts_user_changelist",
    "admin:orders_order_changelist",
    "admin:jsi18n",
]


@pytest.mark.parametrize("page", ADMIN_PAGES)
def test_staff_without_a_second_step_is_led_to_its_set_up_before_any_page(required, page):
    answer = boss().get(reverse(page))

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("mfa_activate_totp"))


def test_a_form_that_is_sent_changes_nothing_either(required):
    client = boss()
    person = User.objects.create_user("ana@example.com", PASSWORD)

    client.post(reverse("admin:accounts_user_delete", args=[person.pk]), {"post": "yes"})

    assert User.objects.filter(pk=person.pk).exists()


# A real transaction: django-allauth sends its signal on commit, within the request.
@pytest.mark.django_db(transaction=True)
def test_setting_a_second_step_up_opens_the_back_office(required):
    user = User.objects.create_user("staff@example.com", PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get_or_create(name="support")[0])
    client = Client()
    assert log_in(client, user) == reverse("admin:index")
    page = client.get(reverse("admin:index"), follow=True)
    assert "dos pasos" in page.content.decode()
    if "form" not in page.context or "secret" not in dir(page.context["form"]):
        page = client.post(
            page.request["PATH_INFO"] + "?" + page.request["QUERY_STRING"],
            {"password": PASSWORD},
            follow=True,
        )

    done = client.post(reverse("mfa_activate_totp"), {"code": code(page.context["form"].secret)})

    assert done.status_code == 302, done.context["form"].errors
    assert client.get(reverse("admin:index")).status_code == 200
    codes = client.get(reverse("mfa_view_recovery_codes"))
    assert codes.status_code == 200
    assert f'href="{reverse("admin:index")}"' in codes.content.decode().split("<main", 1)[1]
    again = Client()
    log_in(again, user)
    asked = again.get(reverse("mfa_authenticate"))
    assert "códigos de recuperación" in asked.content.decode()


def test_a_session_from_before_does_not_do(staff, required):
    client = signed_in(staff)

    answer = client.get(reverse("admin:index"))

    assert answer["Location"].startswith(reverse("mfa_reauthenticate"))
    client.post(answer["Location"], {"code": code()})
    assert client.get(reverse("admin:index")).status_code == 200


def test_the_second_step_is_taken_at_the_log_in_and_a_recovery_code_does(staff, required):
    RecoveryCodes.activate(staff)
    spare = RecoveryCodes(Authenticator.objects.get(user=staff, type="recovery_codes")).get_unused_codes()[0]
    client = Client()
    step = log_in(client, staff)
    assert client.get(reverse("admin:index"))["Location"].startswith(reverse("admin:login"))

    client.post(step, {"code": spare})

    assert client.get(reverse("admin:index")).status_code == 200
    again = Client()
    again.post(log_in(again, staff), {"code": spare})
    assert again.get(reverse("admin:index")).status_code == 302, "a recovery code works once"


def test_a_new_password_by_mail_is_no_way_around_it(staff, required):
    from shop.core.mail.outbox import as_sent

    client = Client()
    client.post(reverse("account_reset_password"), {"email": staff.email})
    mail = as_sent(EmailLog.objects.get(kind="password-reset-key")).text
    link = next(word for word in mail.split() if "/password/reset/key/" in word).partition("testserver")[2]
    form = client.get(link, follow=True)
    client.post(
        form.request["PATH_INFO"], {"password1": "otra-percha-mejor", "password2": "otra-percha-mejor"}
    )

    assert client.get(reverse("admin:index")).status_code == 302


def test_signing_out_and_shoppers_are_left_alone(required):
    shopper = User.objects.create_user("ana@example.com", PASSWORD)

    assert boss().post(reverse("admin:logout"))["Location"] == reverse("catalog:home")
    assert signed_in(shopper).get(reverse("accounts:overview")).status_code == 200


def test_superusers_see_who_has_one_and_take_it_from_who_lost_it(staff):
    page = reverse("admin:accounts_user_changelist")
    assert "second_step" in boss().get(page).content.decode()
    assert "second_step" not in clerk("manager").get(page).content.decode()
    act = reverse("admin:accounts_user_change", args=[staff.pk]).replace("/change/", "/remove-second-step/")

    assert clerk("manager").post(act, {"token": "t"}).status_code == 403
    assert Authenticator.objects.filter(user=staff).exists()
    assert boss().post(act, carried(boss(), act)).status_code == 302

    assert not Authenticator.objects.filter(user=staff).exists()
    assert EmailLog.objects.get(to=staff.email).kind == "totp-deactivated"
    assert boss().post(act, {"token": "u"}).status_code == 422


def test_the_last_superuser_who_lost_the_phone_has_a_command(staff, capsys):
    call_command("remove_second_step", "STAFF@example.com")

    assert not Authenticator.objects.filter(user=staff).exists()


def test_the_secret_of_a_second_step_cannot_be_spelled_out_by_a_filter(staff):
    answer = boss().get(reverse("admin:mfa_authenticator_changelist"), {"data__icontains": "J"})

    assert answer.status_code == 400
