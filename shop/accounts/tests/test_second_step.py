"""The second step of signing in: asked of whoever has one, at the back office's door too."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from shop.accounts.models import User
from shop.accounts.tests.factories import PASSWORD
from shop.accounts.tests.staff import boss

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def staff() -> User:
    cache.clear()
    user = User.objects.create_superuser("staff@example.com", PASSWORD)
    TOTP.activate(user, SECRET)
    return user


def test_the_password_alone_does_not_open_the_back_office(staff, monkeypatch):
    # A code is good for the half minute in which it is asked for, which must not end in between.
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
