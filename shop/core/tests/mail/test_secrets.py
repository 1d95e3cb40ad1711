"""Secrets in mails: every kind classified, hidden from readers of the outbox, sent whole, deleted afterwards."""

import html
import importlib
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import allauth
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.core.cache import cache
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from shop.accounts.models import User
from shop.accounts.tests.staff_clients import boss, clerk
from shop.core.backoffice.base import has_secret_page
from shop.core.mail import outbox, secrets
from shop.core.mail.secrets import KINDS, MASK, PUBLIC_NAMES, Content
from shop.core.models import EmailLog
from shop.core.privacy import vault


@pytest.fixture(autouse=True)
def _no_counters() -> None:
    """Reset how often other tests asked for a password: the limits count in the cache, which no rollback empties."""
    cache.clear()


TEMPLATES = Path(settings.BASE_DIR) / "templates" / "mail"
ALLAUTH = Path(allauth.__file__).parent / "templates"
FRAMES = {"base", "account"}  # Parts (`_lines`) are read with the mails that include them.
_LOOKS_SECRET = re.compile(
    r"(url|uri|link|href|code|token|secret|key|pin|otp|password|signature)$", re.IGNORECASE
)
TOKEN = "Xk3-9vQmz_71LwPqRt5YbN2cDfGh8JaS"


def written() -> dict[str, str]:
    """Return the source of every mail of ours by its name."""
    sources: dict[str, str] = {}
    for file in sorted(TEMPLATES.iterdir()):
        name = file.name.split(".")[0]
        sources[name] = sources.get(name, "") + file.read_text()
    whole = {name: text for name, text in sources.items() if name not in FRAMES and not name.startswith("_")}
    return {name: text + parts_of(text, sources) for name, text in whole.items()}


def parts_of(text: str, sources: dict[str, str]) -> str:
    """Return the sources of the parts that a mail includes, and of what they include."""
    parts = "".join(sources[name] for name in sorted(set(re.findall(r'"mail/(_\w+)\.', text))))
    return parts + (parts_of(parts, sources) if parts else "")


def names_in(source: str) -> set[str]:
    """Return the last part of every name that a template uses (`dispute.panel_url` → `panel_url`)."""
    tags = " ".join(
        re.findall(r"\{\{(.*?)\}\}|\{%(.*?)%\}", source)
        and ["".join(pair) for pair in re.findall(r"\{\{(.*?)\}\}|\{%(.*?)%\}", source)]
    )
    without_words = re.sub(r"\"[^\"]*\"|'[^']*'", " ", tags)
    return {name.rpartition(".")[2] for name in re.findall(r"[A-Za-z_][\w.]*", without_words)}


def unclassified(name: str, source: str) -> set[str]:
    # One template may write the mails of several steps: `exchange` those of `exchange_paid` and its like.
    kinds = [KINDS[name]] if name in KINDS else [KINDS[one] for one in KINDS if one.startswith(f"{name}_")]
    if not kinds:
        return {"the kind itself"}
    suspicious = {one for one in names_in(source) if _LOOKS_SECRET.search(one)}
    return suspicious.difference(PUBLIC_NAMES, *(kind.secrets for kind in kinds))


def test_every_mail_of_ours_is_classified_and_so_is_every_link_and_code_in_it():
    missing = {name: unclassified(name, source) for name, source in written().items()}

    assert len(missing) > 15
    assert {name: names for name, names in missing.items() if names} == {}


def test_a_new_mail_and_a_new_link_in_an_old_one_are_noticed():
    assert unclassified("order_shipped", "{{ order_url }}") == {"the kind itself"}
    assert unclassified("order_refunded_late", "{% if x %}{{ session.claim_link }}{% endif %}") == {
        "claim_link"
    }
    assert unclassified("refund_transferred", "{{ site_url }}{{ order.get_absolute_url }}") == {
        "get_absolute_url"
    }


def test_every_mail_of_allauth_is_classified():
    files = [*ALLAUTH.glob("account/email/*_message.txt"), *ALLAUTH.glob("mfa/email/*_message.txt")]
    kinds = {file.name.removesuffix("_message.txt").replace("_", "-") for file in files} - {"base"}

    assert len(kinds) > 15
    assert kinds <= set(KINDS)
    for file in files:
        kind = file.name.removesuffix("_message.txt").replace("_", "-")
        if re.search(r"\{\{ (code|activate_url) \}\}|from_key", file.read_text()):
            assert KINDS[kind].secrets, kind


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        (f"https://shop.example/pedido/{TOKEN}/", f"https://shop.example/pedido/{MASK}"),
        (
            f"https://pay.example/slips/77?hash={TOKEN}&to=ab",
            f"https://pay.example/slips/{MASK}",
        ),
        (f"https://pay.example/ticket?id={TOKEN}", f"https://pay.example/{MASK}"),
        ("K7QX-9M2P", MASK),
    ],
)
def test_a_secret_is_masked_in_all_parts_and_the_rest_stays(secret, shown):
    from django.utils.html import escape, urlize

    whole = Content(
        f"Ana, {secret}", f"Hola Ana\n{secret}\nChau", f"<a href='{escape(secret)}'>Ana</a> {urlize(secret)}"
    )

    seen, sealed = secrets.hide(whole, [secret])

    assert seen.subject == f"Ana, {shown}"
    assert seen.text == f"Hola Ana\n{shown}\nChau"
    assert "Ana" in seen.html
    assert TOKEN not in repr(seen)
    assert "K7QX" not in repr(seen)
    assert TOKEN not in sealed
    sent = secrets.reveal(sealed)
    assert (sent.subject, sent.text, sent.html) == (whole.subject, whole.text, whole.html)


def test_what_still_holds_a_part_of_a_secret_is_hidden_as_a_whole():
    seen, _sealed = secrets.hide(
        Content("s", f"Abrí mailto:x?body={TOKEN}"), [f"https://shop.example/pedido/{TOKEN}/"]
    )

    assert seen.text == MASK


def test_a_link_whose_name_nobody_gave_is_known_by_its_looks():
    text = f"https://shop.example/devolucion/{TOKEN}/"

    seen, sealed = secrets.hide(Content("s", text), [])

    assert TOKEN not in seen.text
    assert secrets.reveal(sealed).text == text


def test_a_kind_that_nobody_classified_is_hidden_as_a_whole():
    assert secrets.values("brand-new", {"code": "1"}) is None

    seen, sealed = secrets.hide(Content("s", "t", "h"), None)

    assert (seen.subject, seen.text, seen.html) == (MASK, MASK, MASK)
    assert secrets.reveal(sealed).text == "t"


def asked_for_a_reset() -> EmailLog:
    User.objects.create_user("admin@percha.test", "clave-muy-larga-1", is_staff=True, is_superuser=True)
    Client().post(reverse("account_reset_password"), {"email": "admin@percha.test"})
    return EmailLog.objects.get(kind="password-reset-key")


def secret_of(row: EmailLog) -> str:
    found = re.search(r"/password/reset/key/([\w-]+)/", outbox.as_sent(row).text)
    assert found
    return found[1]


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["support", "manager", "superuser"])
def test_nobody_reads_the_reset_link_of_another_in_the_back_office(who):
    row = asked_for_a_reset()
    client = boss() if who == "superuser" else clerk(who)
    secret = secret_of(row)
    pages = [
        reverse("admin:core_emaillog_changelist"),
        reverse("admin:core_emaillog_change", args=[row.pk]),
        reverse("admin:core_emaillog_history", args=[row.pk]),
    ]

    for page in pages:
        answer = client.get(page, follow=True)
        assert answer.status_code == 200
        assert secret not in answer.content.decode()
        assert secret.rpartition("-")[2] not in answer.content.decode()
    assert MASK in client.get(pages[1]).content.decode()
    words = [line for line in row.text.splitlines() if line and MASK not in line]
    assert len(words) > 3
    assert words[0] in html.unescape(client.get(pages[1]).content.decode()), (
        "the rest of the mail is readable"
    )


@pytest.mark.django_db
def test_a_secret_is_sent_and_then_gone_from_the_whole_row():
    row = asked_for_a_reset()
    secret = secret_of(row)

    assert outbox.send_due()["sent"] == 1

    assert secret in str(mail.outbox[0].body)
    assert mail.outbox[0].message().is_multipart()
    assert mail.outbox[0].message().as_string().replace("=\n", "").count(secret) >= 2
    row.refresh_from_db()
    assert row.sealed == ""
    assert row.has_secrets
    assert all(
        secret not in str(value) for value in EmailLog.objects.filter(pk=row.pk).values().get().values()
    )


@pytest.mark.django_db
def test_a_refusal_that_quotes_the_mail_tells_no_secret(monkeypatch, caplog):
    row = asked_for_a_reset()
    secret = secret_of(row)

    def refuse(self: Any, messages: Any) -> int:
        raise RuntimeError(f"550 content refused: {secret} {messages[0].body}")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    EmailLog.objects.update(attempts=outbox.MAX_ATTEMPTS - 1)
    assert outbox.send_due()["failed"] == 1

    row.refresh_from_db()
    assert "550 content refused" in row.error
    assert secret not in row.error + caplog.text


@pytest.mark.django_db
def test_columns_that_open_something_cannot_be_spelled_out_by_a_filter():
    for model, column in [
        ("orders_order", "secret"),
        ("orders_checkoutsession", "token"),
        ("core_emaillog", "sealed"),
        ("catalog_waitingentry", "token"),
        ("payments_paymentattempt", "token"),
        ("accounts_user", "password"),
    ]:
        answer = boss().get(reverse(f"admin:{model}_changelist"), {f"{column}__startswith": "a"})
        assert answer.status_code == 400, model


@pytest.mark.django_db
def test_a_mail_whose_key_is_gone_fails_in_words_and_is_not_tried_again(settings):
    row = asked_for_a_reset()
    settings.DATA_KEYS = ["another-key-of-at-least-32-characters"]

    assert outbox.send_due()["failed"] == 1

    row.refresh_from_db()
    assert "CannotOpen" in row.error


@pytest.mark.django_db
def test_a_failed_mail_keeps_its_secret_as_long_as_it_opens_something():
    row = asked_for_a_reset()
    EmailLog.objects.update(status="failed")
    assert outbox.forget_secrets() == 0

    EmailLog.objects.update(created_at=Now() - KINDS["password-reset-key"].good_for - timedelta(minutes=1))
    assert outbox.forget_secrets() == 1

    row.refresh_from_db()
    with pytest.raises(outbox.SecretGone):
        outbox.send_again(row)
    page = reverse("admin:core_emaillog_change", args=[row.pk]).replace("/change/", "/send-again/")
    answer = clerk("manager").post(page, {"token": "t"})
    assert answer.status_code == 422
    row.refresh_from_db()
    assert row.status == "failed"


@pytest.mark.django_db
def test_a_mail_that_was_sent_is_written_anew_where_its_kind_knows_how(monkeypatch):
    row = asked_for_a_reset()
    outbox.send_due()
    row.refresh_from_db()
    renewed: list[EmailLog] = []

    def renew(email: EmailLog) -> EmailLog:
        renewed.append(email)
        return email

    monkeypatch.setitem(outbox._renewals, "password-reset-key", renew)

    assert outbox.send_again(row)

    assert renewed == [row]


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "kept"), [("sent", False), ("queued", True), ("failed", True)])
def test_rows_from_before_are_masked_and_what_waits_is_still_sent(status, kept):
    code_mail, link_mail = (
        EmailLog.objects.create(
            kind=kind,
            to="a@example.com",
            subject="s",
            text=text,
            html=f"<p>{text}</p>",
            dedupe_key=kind,
            status=status,
        )
        for kind, text in [
            ("email-confirmation", "Hola Ana\n\nK7QX-9M2P\n\nChau"),
            ("order_confirmation", f"Hola Ana\n\nhttps://shop.example/pedido/{TOKEN}/\n\nChau"),
        ]
    )
    plain = EmailLog.objects.create(kind="stock_alert", to="a@example.com", text="AB-1234", dedupe_key="x")
    migration = importlib.import_module("shop.core.migrations.0004_seal_the_secrets_of_mails")

    migration.seal_all(apps, None)
    migration.seal_all(apps, None)

    for row, secret in [(code_mail, "K7QX"), (link_mail, TOKEN)]:
        before = row.text
        row.refresh_from_db()
        assert "Hola Ana" in row.text
        assert secret not in row.text + row.html
        assert row.has_secrets
        assert bool(row.sealed) == kept
        assert not kept or outbox.as_sent(row).text == before
    plain.refresh_from_db()
    assert plain.text == "AB-1234"


def test_what_is_encrypted_is_bound_to_its_purpose():
    _seen, sealed = secrets.hide(Content("s", "K7QX-9M2P"), ["K7QX-9M2P"])

    with pytest.raises(vault.CannotOpen):
        vault.decrypt("bank", sealed)


@pytest.mark.django_db
def test_the_back_office_leads_nobody_to_a_page_whose_address_is_a_secret():
    product, order = (ContentType.objects.get(model=name).pk for name in ("product", "order"))
    nobody = "01a1fc8b-0000-7000-8000-000000000000"

    assert boss().get(f"/admin/r/{order}/{nobody}/").status_code == 404
    assert clerk("support").get(f"/admin/r/{product}/{nobody}/").status_code in {403, 404}
    for model in ("order", "waitingentry", "checkoutsession", "paymentattempt"):
        assert has_secret_page(ContentType.objects.get(model=model).model_class()), model
    assert not has_secret_page(ContentType.objects.get(model="product").model_class())
