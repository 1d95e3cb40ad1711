"""What is encrypted can be decrypted with our keys only, for its purpose only, and until it expires."""

import pytest

from shop.core.privacy import vault

OLD, NEW = "an-old-key-of-more-than-thirty-two-characters", "a-new-key-of-more-than-thirty-two-characters"


def test_what_is_encrypted_is_unreadable_and_opens_again():
    sealed = vault.encrypt("bank", b"2850590940090418135201")

    assert "2850590940090418135201" not in sealed
    assert vault.decrypt("bank", sealed) == b"2850590940090418135201"
    assert vault.encrypt("bank", b"2850590940090418135201") != sealed


def test_another_purpose_does_not_open_it():
    with pytest.raises(vault.CannotOpen):
        vault.decrypt("link", vault.encrypt("bank", b"x"))


@pytest.mark.parametrize("sealed", ["", "nonsense", "ñ", "gAAAAA", "\x00"])
def test_nonsense_does_not_open(sealed):
    with pytest.raises(vault.CannotOpen):
        vault.decrypt("bank", sealed)


def test_a_changed_letter_does_not_open():
    sealed = vault.encrypt("bank", b"x")

    with pytest.raises(vault.CannotOpen):
        vault.decrypt("bank", sealed[:-3] + ("AA=" if sealed[-3:] != "AA=" else "BB="))


def test_a_link_expires(monkeypatch):
    sealed = vault.encrypt("link", b"x")
    monkeypatch.setattr("cryptography.fernet.time.time", lambda: 4_000_000_000)

    with pytest.raises(vault.CannotOpen):
        vault.decrypt("link", sealed, max_age=60)


def test_keys_are_replaced_without_losing_anything(settings):
    settings.DATA_KEYS = [OLD]
    sealed = vault.encrypt("bank", b"x")
    assert not vault.is_stale("bank", sealed)

    settings.DATA_KEYS = [NEW, OLD]
    assert vault.decrypt("bank", sealed) == b"x"
    assert vault.is_stale("bank", sealed)
    sealed = vault.reseal("bank", sealed)
    assert not vault.is_stale("bank", sealed)

    settings.DATA_KEYS = [NEW]
    assert vault.decrypt("bank", sealed) == b"x"
    settings.DATA_KEYS = [OLD]
    with pytest.raises(vault.CannotOpen):
        vault.decrypt("bank", sealed)
    with pytest.raises(vault.CannotOpen):
        vault.reseal("bank", sealed)
