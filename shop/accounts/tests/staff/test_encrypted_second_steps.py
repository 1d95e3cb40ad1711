"""The secrets of second steps: never in plain text in the database, and still valid for codes."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time

from shop.accounts import erasure
from shop.accounts.models import User
from shop.accounts.staff.encrypted_second_steps import reencrypt
from shop.accounts.tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"
OTHER_KEY = "another-key-of-more-than-thirty-two-characters-3f9a"


@pytest.fixture
def staff() -> User:
    return User.objects.create_superuser("staff@example.com", PASSWORD)


def codes_now() -> list[str]:
    return [format_hotp_value(hotp_value(SECRET, counter)) for counter in yield_hotp_counters_from_time()]


def kept(user: User) -> str:
    return "".join(
        str(data) for data in Authenticator.objects.filter(user=user).values_list("data", flat=True)
    )


def test_the_secrets_are_encrypted_and_the_codes_fit(staff):
    step = TOTP.activate(staff, SECRET)
    codes = RecoveryCodes.activate(staff).get_unused_codes()

    assert SECRET not in kept(staff)
    assert kept(staff).count("gAAAAA") == 2
    assert any(
        TOTP(Authenticator.objects.get(pk=step.instance.pk)).validate_code(code) for code in codes_now()
    )
    fresh = RecoveryCodes(Authenticator.objects.get(user=staff, type="recovery_codes"))
    assert fresh.get_unused_codes() == codes


def test_what_was_kept_in_plain_text_is_encrypted_by_the_job_and_goes_on_fitting(staff):
    Authenticator.objects.create(user=staff, type="totp", data={"secret": SECRET})
    Authenticator.objects.create(user=staff, type="recovery_codes", data={"seed": "ab" * 40, "used_mask": 5})
    codes = RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()

    erasure.run_due()

    assert SECRET not in kept(staff)
    assert "abab" not in kept(staff)
    assert any(TOTP(Authenticator.objects.get(type="totp")).validate_code(code) for code in codes_now())
    assert RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes() == codes
    assert Authenticator.objects.get(type="recovery_codes").data["used_mask"] == 5
    assert reencrypt() == 0


def test_a_new_key_takes_them_over_and_without_any_key_no_code_fits(staff, settings):
    step = TOTP.activate(staff, SECRET).instance
    old = list(settings.DATA_KEYS)
    settings.DATA_KEYS = [OTHER_KEY, *old]
    assert reencrypt() == 1
    settings.DATA_KEYS = [OTHER_KEY]
    step.refresh_from_db()
    assert any(TOTP(step).validate_code(code) for code in codes_now())

    settings.DATA_KEYS = old
    assert reencrypt() == 0
    assert not any(TOTP(step).validate_code(code) for code in [*codes_now(), "000000", ""])
