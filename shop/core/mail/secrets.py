"""Secrets in mails: which kinds of mail have a secret link or code, and how it is hidden from staff.

A password-reset link, a code or the secret link of an order lets its holder act as the addressee. So the outbox
(`shop.core.mail.outbox`) keeps the mail as it will be sent encrypted (`shop.core.privacy.vault`), and readable only
with the secrets masked; what is encrypted is emptied when the mail has been sent.

`KINDS` is the one list: every mail is named in it with the names of its secret context values. A mail that is missing
there is hidden as a whole, and `shop/core/tests/mail/test_secrets.py` fails.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from typing import Any, Final
from urllib.parse import quote, urlsplit

from django.utils.translation import gettext_lazy as _

from shop.core.json_types import JsonObject
from shop.core.privacy import vault
from shop.core.privacy.redaction import mask_links

MASK: Final = "••••••"
_PURPOSE: Final = "mail"
# Shorter parts of an address (a language, a number of a page) would match inside ordinary words.
_SHORTEST_PART: Final = 8
_HOUR: Final = timedelta(hours=1)
_LONG: Final = timedelta(days=30)
_ASK_AGAIN: Final = _("The person asks for a new one on the page where this one was asked for.")


@dataclass(frozen=True)
class Kind:
    """One kind of mail: the names of its secret context values, how long they are valid, how to get a new one.

    After `good_for` an unsent mail loses its encrypted text: its secrets have expired.
    """

    secrets: frozenset[str] = frozenset()
    good_for: timedelta = _LONG
    how_to_renew: object = _ASK_AGAIN


def _kind(*secrets: str, good_for: timedelta = _LONG, how_to_renew: object = _ASK_AGAIN) -> Kind:
    return Kind(frozenset(secrets), good_for, how_to_renew)


_BANK: Final = _("Ask for the bank data again on the page of the refund: that writes a new link.")
_ACCOUNT: Final = ("code", "key", "activate_url", "password_reset_url")

KINDS: Final[Mapping[str, Kind]] = {
    # Accounts (django-allauth): a code or link signs in, confirms an address or sets a password.
    "password-reset-key": _kind(*_ACCOUNT, good_for=timedelta(days=3)),
    "password-reset-code": _kind(*_ACCOUNT, good_for=_HOUR),
    "login-code": _kind(*_ACCOUNT, good_for=_HOUR),
    "email-confirmation": _kind(*_ACCOUNT, good_for=_HOUR),
    "email-confirmation-signup": _kind(*_ACCOUNT, good_for=_HOUR),
    # Accounts: only words, and the public addresses of the sign-up and reset pages.
    "account-already-exists": _kind(),
    "unknown-account": _kind(),
    "email-changed": _kind(),
    "email-confirm": _kind(),
    "email-deleted": _kind(),
    "password-changed": _kind(),
    "password-reset": _kind(),
    "password-set": _kind(),
    "recovery-codes-generated": _kind(),
    "totp-activated": _kind(),
    "totp-deactivated": _kind(),
    "webauthn-added": _kind(),
    "webauthn-removed": _kind(),
    # People's data.
    "erasure_code": _kind("code", good_for=_HOUR),
    "erasure_done": _kind(),
    # The staff changed how an account signs in: only words.
    "address_changed_by_staff": _kind(),
    "password_set_by_staff": _kind(),
    # Purchases: links that show the purchase, or accept bank data, without signing in.
    "order_confirmation": _kind("order_url"),
    "installments_accepted": _kind("order_url"),
    "installments_paid": _kind("order_url"),
    "installments_cancelled": _kind("order_url"),
    "installments_reduced": _kind("order_url"),
    "installment_reminder": _kind("order_url"),
    "order_refunded": _kind("order_url"),
    "invoice": _kind("invoice_url", "pdf_url"),
    "order_refunded_late": _kind(),
    "order_cancelled": _kind("order_url"),
    "shipment_dispatched": _kind("order_url"),
    "shipment_delivered": _kind("order_url"),
    "shipment_delayed": _kind("order_url"),
    "shipment_ready": _kind("order_url"),
    "order_late": _kind("order_url"),
    "return_requested": _kind("return_url"),
    "return_approved": _kind("return_url"),
    "return_received": _kind("return_url"),
    "return_paid_back": _kind("return_url"),
    "return_ended": _kind("return_url"),
    "exchange_requested": _kind("return_url"),
    "exchange_to_pay": _kind("return_url", "pay_url"),
    "exchange_paid": _kind("return_url"),
    "exchange_released": _kind("return_url"),
    "exchange_waits": _kind("return_url"),
    "exchange_cancelled": _kind("return_url"),
    "claim_opened": _kind("claim_url"),
    "claim_resolved": _kind("claim_url"),
    "claim_ended": _kind("claim_url"),
    "payment_pending": _kind("pay_url", "status_url", good_for=timedelta(days=7)),
    "payment_surplus_returned": _kind("order_url"),
    "transfer_received": _kind("status_url"),
    "transfer_reminder": _kind("page_url", good_for=timedelta(days=7)),
    "bank_data_asked": _kind("page_url", how_to_renew=_BANK),
    "bank_data_given": _kind("page_url", how_to_renew=_BANK),
    "refund_transferred": _kind(),
    # The code identifies a request in conversations; it gives no access.
    "withdrawal_received": _kind(),
    # Waiting lists: links that confirm, take the unit set aside, or leave.
    "waiting_once": _kind(),
    "waiting_confirm": _kind("own_url", good_for=timedelta(days=2)),
    "back_in_stock": _kind("own_url", "claim_url", good_for=timedelta(days=1)),
    "drop_reminder": _kind("own_url"),
    # To the staff: their links go to the back office, which requires signing in.
    "invoice_attention": _kind(),
    "label_attention": _kind(),
    "dispute_closed": _kind(),
    "dispute_opened": _kind(),
    "dispute_reminder": _kind(),
    "payment_attention": _kind(),
    "payment_stray": _kind(),
    "provider_silent": _kind(),
    "provider_refuses": _kind(),
    "stock_alert": _kind(),
    "withdrawal_asked": _kind(),
    "webhook_endpoint_disabled": _kind(),
    "webhooks_dead": _kind(),
    "webhooks_silent": _kind(),
}
# Names of context values that look like secrets and are none: public pages, pages that require signing in, plain facts.
PUBLIC_NAMES: Final = frozenset(
    {
        "site_url",
        "home_url",
        "shop_url",
        "admin_url",
        "levels_url",
        "replenish_url",
        "signup_url",
        "panel_url",
        "tracking_url",
        "endpoint",
        "reason_code",
        "request_code",
        "postal_code",
        # A code to hand a parcel over at a counter: nothing can be fetched or seen with it.
        "drop_off_code",
        "language_code",
    }
)


@dataclass(frozen=True)
class Content:
    """A mail's words: as sent, or as the staff may read them. `secrets` are masked in texts about it."""

    subject: str
    text: str
    html: str = ""
    secrets: tuple[str, ...] = ()

    def without_secrets(self, words: str) -> str:
        """Return words about this mail (a mail server's refusal may quote it) with its secrets masked."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            words = words.replace(secret, MASK)
        return mask_links(words, MASK)


def values(kind: str, context: Mapping[str, Any]) -> list[str] | None:
    """Return the secret values of a mail's context; None for a kind that is not in `KINDS`."""
    if kind not in KINDS:
        return None
    return [str(context[name]) for name in sorted(KINDS[kind].secrets) if context.get(name)]


def hide(content: Content, secrets: Iterable[str] | None) -> tuple[Content, str]:
    """Return the mail as the staff may read it, and the mail as it is sent, encrypted ("" when it has no secret).

    `secrets` None hides all of it. What still holds a part of a secret after masking is hidden as a whole, too.
    """
    if secrets is None:
        return Content(MASK, MASK, MASK if content.html else ""), _sealed(content, ())
    known = tuple(dict.fromkeys(secret for secret in secrets if secret))
    parts = tuple(dict.fromkeys(part for secret in known for part in _parts(secret)))
    shown = Content(
        _masked(content.subject, known, parts),
        _masked(content.text, known, parts),
        _masked(content.html, known, parts),
    )
    if shown == Content(content.subject, content.text, content.html):
        return shown, ""
    return shown, _sealed(content, (*known, *parts))


def reveal(sealed: str) -> Content:
    """Return the mail as it is sent.

    Raises:
        shop.core.privacy.vault.CannotOpen: no key of ours opens it.
    """
    kept: JsonObject = json.loads(vault.decrypt(_PURPOSE, sealed))
    return Content(kept["subject"], kept["text"], kept["html"], tuple(kept["secrets"]))


def _sealed(content: Content, secrets: Iterable[str]) -> str:
    kept = {"subject": content.subject, "text": content.text, "html": content.html, "secrets": list(secrets)}
    return vault.encrypt(_PURPOSE, json.dumps(kept, ensure_ascii=False).encode())


def _masked(words: str, secrets: Iterable[str], parts: Iterable[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        for form in (escape(secret), secret, quote(secret, safe="/:?&=%#")):
            words = words.replace(form, _cover(secret))
    if any(part in words for part in parts):
        return MASK
    return mask_links(words, MASK)


def _cover(secret: str) -> str:
    """Return the mask of a secret: of a URL the host and the first path part stay, so that the page is recognisable."""
    if not re.match(r"https?://", secret):
        return MASK
    address = urlsplit(secret)
    first = address.path.strip("/").partition("/")[0] if address.path.strip("/").count("/") else ""
    return f"{address.scheme}://{address.netloc}/{first}{'/' if first else ''}{MASK}"


def _parts(secret: str) -> list[str]:
    """Return the parts of a secret that must not appear in what the staff reads."""
    if not re.match(r"https?://", secret):
        return [secret]
    address = urlsplit(secret)
    found = re.split(r"[/?&=]", f"{address.path}?{address.query}")
    # A path's fixed words are letters alone; random parts have a digit, a sign or a capital.
    return [part for part in found if len(part) >= _SHORTEST_PART and not re.fullmatch(r"[a-z-]+", part)]
