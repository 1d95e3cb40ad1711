"""The readers of the environment: a bad value is reported in a sentence that says what to write."""

from datetime import timedelta
from decimal import Decimal
from email import message_from_bytes, policy
from email.utils import formataddr
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage

from shop.core.configuration.env import Env

NOWHERE = Path("/nonexistent/.env")


@pytest.fixture
def env() -> Env:
    made = Env(dotenv=NOWHERE)
    made.development = True
    return made


@pytest.mark.parametrize(
    ("reader", "value", "arguments", "expected"),
    [
        ("text", " words ", {"default": ""}, "words"),
        ("flag", "Yes", {"default": False}, True),
        ("flag", "off", {"default": True}, False),
        ("whole", "7", {"default": 1, "minimum": 1, "maximum": 9}, 7),
        ("seconds", "900", {"default": 1, "minimum": 5}, 900),
        ("money", "99.50", {"default": Decimal(0), "currency": "ARS"}, Decimal("99.50")),
        ("digits", "5491155551234", {"default": ""}, "5491155551234"),
        ("choice", "b", {"choices": ("a", "b"), "default": "a"}, "b"),
        ("words", "a, b,,c ", {"default": []}, ["a", "b", "c"]),
        ("url", "https://x.example/y", {"default": ""}, "https://x.example/y"),
        ("email", "a@b.example", {"default": ""}, "a@b.example"),
        (
            "dotted",
            "django.core.mail.backends.smtp.EmailBackend",
            {"default": "x.Y"},
            "django.core.mail.backends.smtp.EmailBackend",
        ),
        (
            "people",
            "Ana Paz <ana@b.example>, ops@b.example",
            {},
            [("Ana Paz", "ana@b.example"), ("", "ops@b.example")],
        ),
        ("redis", "redis://h:1/0", {"development": ""}, "redis://h:1/0"),
        ("timezone", "America/Bogota", {"default": "UTC"}, "America/Bogota"),
        ("ranges", "", {}, {}),
        (
            "ranges",
            "one/ars:500-999999.99, two/MXN:-50000,",
            {},
            {"one/ARS": (Decimal(500), Decimal("999999.99")), "two/MXN": (None, Decimal(50000))},
        ),
        ("clocks", "oxxo:86400, Pix:60 ,", {}, {"oxxo": timedelta(days=1), "pix": timedelta(minutes=1)}),
    ],
)
def test_a_good_value_is_read(env, monkeypatch, reader, value, arguments, expected):
    monkeypatch.setenv("KEY", value)

    assert getattr(env, reader)("KEY", **arguments) == expected
    env.finish()


@pytest.mark.parametrize(
    ("reader", "value", "arguments", "sentence"),
    [
        ("flag", "maybe", {"default": True}, "must be on or off"),
        ("whole", "many", {"default": 1, "minimum": 1, "maximum": 9}, "must be a whole number"),
        ("whole", "10", {"default": 1, "minimum": 1, "maximum": 9}, "must lie between 1 and 9"),
        ("seconds", "0", {"default": 9, "minimum": 5}, "must lie between 5 and"),
        ("money", "12,50", {"default": Decimal(0), "currency": "ARS"}, "must be an amount"),
        ("people", "Ana", {}, "must be names and addresses"),
        ("people", "ana@b.example, nobody", {}, "must be names and addresses"),
        ("ranges", "one/ARS", {}, "must look like provider/ARS:500-999999.99"),
        ("ranges", "one/ARS:-", {}, "must look like provider/ARS:500-999999.99"),
        ("ranges", "one/ARS:1,5-2", {}, "must look like provider/ARS:500-999999.99"),
        ("ranges", "one/ARS:9-1", {}, "has a least above its most"),
        ("clocks", "oxxo", {}, "must look like oxxo:259200"),
        ("clocks", "oxxo:soon", {}, "must look like oxxo:259200"),
        ("clocks", "oxxo:1", {}, "must lie between 5 and 7776000 for oxxo, not 1"),
        ("public_keys", "not-a-key", {"default": []}, "holds something at place 1 that is no public key"),
        (
            "public_keys",
            "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=",
            {"default": []},
            "holds something at place 1 that is no RSA key",
        ),
        ("money", "-1", {"default": Decimal(0), "currency": "ARS"}, "must be zero or more"),
        ("money", "99.50", {"default": Decimal(0), "currency": "CLP"}, "has too many decimals for CLP"),
        ("money", "NaN", {"default": Decimal(0), "currency": "ARS"}, "must be zero or more"),
        ("digits", "+54 11", {"default": ""}, "must contain digits only"),
        ("digits", "١٢", {"default": ""}, "must contain digits only"),
        ("choice", "c", {"choices": ("a", "b"), "default": "a"}, "must be one of a, b"),
        ("url", "shop.example.com", {"default": ""}, "must be a full address"),
        ("url", "http://[x", {"default": ""}, "must be a full address"),
        ("url", "http://x:port/", {"default": ""}, "must be a full address"),
        ("email", "nobody", {"default": ""}, "must be an e-mail address"),
        ("dotted", "no.such.Backend", {"default": "x.Y"}, "must be the name of a Python class"),
        ("dotted", "Backend", {"default": "x.Y"}, "must be the name of a Python class"),
        ("redis", "http://x", {"development": ""}, "must look like redis://"),
        ("redis", "redis://x:port/0", {"development": ""}, "must look like redis://"),
        ("database", "sqlite:///x", {"development": "postgres://h/d"}, "must look like postgres://"),
        ("database", "postgres://h", {"development": "postgres://h/d"}, "must look like postgres://"),
        ("database", "postgres://h:port/d", {"development": "postgres://h/d"}, "must look like postgres://"),
        ("timezone", "Mars/Olympus", {"default": "UTC"}, "is not a time zone name"),
        ("timezone", "America", {"default": "UTC"}, "is not a time zone name"),
    ],
)
def test_a_bad_value_is_told_in_a_sentence(env, monkeypatch, reader, value, arguments, sentence):
    monkeypatch.setenv("KEY", value)

    getattr(env, reader)("KEY", **arguments)

    with pytest.raises(ImproperlyConfigured, match=f"KEY {sentence}"):
        env.finish()


def test_every_problem_is_told_at_once(env, monkeypatch):
    monkeypatch.setenv("ONE", "x")
    monkeypatch.setenv("TWO", "y")
    env.flag("ONE", default=True)
    env.flag("TWO", default=True)

    with pytest.raises(ImproperlyConfigured, match=r"2 setting\(s\)"):
        env.finish()


def test_a_secret_has_a_default_only_in_development(env, monkeypatch):
    monkeypatch.delenv("KEY", raising=False)
    assert env.secret("KEY", development="public") == "public"
    assert env.words("KEY", default=["public"], secret=True) == ["public"]
    assert env.problems == []

    env.development = False
    env.secret("KEY", development="public")
    env.words("KEY", default=["public"], secret=True)
    assert len(env.problems) == 2


def test_the_file_is_read_and_the_environment_wins(tmp_path, monkeypatch):
    dotenv = tmp_path / ".env"
    dotenv.write_text("FROM_FILE=file\nFROM_BOTH=file\n")
    monkeypatch.setenv("FROM_BOTH", "environment")
    monkeypatch.delenv("FROM_FILE", raising=False)

    env = Env(dotenv=dotenv)

    assert env.text("FROM_FILE", default="") == "file"
    assert env.text("FROM_BOTH", default="") == "environment"
    monkeypatch.delenv("FROM_FILE")


def test_numbers_are_a_list_of_whole_ones_the_greatest_first(env, monkeypatch):
    monkeypatch.delenv("KEY", raising=False)
    assert env.numbers("KEY", default=[3, 1], minimum=1, maximum=30) == [3, 1]
    monkeypatch.setenv("KEY", " 1, 7 ,1")
    assert env.numbers("KEY", default=[3], minimum=1, maximum=30) == [7, 1]
    for wrong in ("0", "31", "x", "1;2", "-1", "²"):
        monkeypatch.setenv("KEY", wrong)
        assert env.numbers("KEY", default=[3], minimum=1, maximum=30) == [3]
    assert len(env.problems) == 6


@pytest.mark.parametrize(
    "name",
    [
        "Soto, Ruiz y Cía",
        "Línea: Norte",
        'La "Percha"',
        "Ropa; Más",
        "Ñandú (Sur) @casa",
        "Común",
        r"Back\slash",
    ],
)
def test_a_shop_name_stands_in_the_sender_as_it_is(name, monkeypatch):
    sender = formataddr((name, "hola@example.com"))
    monkeypatch.setenv("DEFAULT_FROM_EMAIL", f"{name} <hola@example.com>")
    typed = Env(dotenv=NOWHERE).mailbox("DEFAULT_FROM_EMAIL", default="")

    for address in (sender, typed):
        message = EmailMessage("s", "t", from_email=address, to=["ana@example.com"]).message()
        parsed = message_from_bytes(message.as_bytes(), policy=policy.default)
        (mailbox,) = parsed["From"].addresses
        assert (mailbox.display_name, mailbox.addr_spec) == (name, "hola@example.com")


@pytest.mark.parametrize(
    "raw", ["hola", "A <hola>", "A <a@b.co>, B <c@d.co>", "A <a@b.co", "x\x07 <a@b.co>", "<>"]
)
def test_a_sender_that_cannot_be_one_stops_the_start(raw, monkeypatch):
    monkeypatch.setenv("DEFAULT_FROM_EMAIL", raw)
    env = Env(dotenv=NOWHERE)
    env.mailbox("DEFAULT_FROM_EMAIL", default="")

    assert len(env.problems) == 1


@pytest.mark.parametrize("raw", ["A\nBcc: x@y.co", "A\rB", "A\x00B", "…", "x" * 121, "A\u2028B"])
def test_a_name_that_cannot_be_one_stops_the_start(raw, monkeypatch):
    env = Env(dotenv=NOWHERE)
    monkeypatch.setattr(env, "_raw", lambda key: raw)

    env.name("SHOP_NAME", default="x")

    assert len(env.problems) == 1
