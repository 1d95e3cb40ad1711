"""The sandbox over real HTTP, the unmodified SDKs, and a mailbox that keeps its notifications undelivered.

The sandbox posts its signed webhooks to the mailbox; a test decides when, how often and in which order the shop gets
them, through the shop's own endpoint. The fixtures are in conftest.py.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.http import HttpResponse
from django.test import Client, override_settings

from orders import payables
from orders.models import CheckoutSession
from orders.tests.factories import make_session
from payments.checkout import attempts
from payments.models import PaymentAttempt, WebhookEvent
from payments.webhooks import processing
from shop.sandbox.actions import perform
from shop.sandbox.server import Handle
from shop.sandbox.store import Record

GATEWAYS = ("mercadopago", "stripe", "conekta")
# Faults that break the connection after the request: no answer comes, and the sandbox is certainly done by then.
BROKEN_LINE = {"seconds": 0.2}
# A provider that hangs for longer than anybody waits.
FOR_EVER = {"seconds": 600.0}
# Facts about each provider for the shared tests: the one place there that distinguishes them.
CHECKOUT_KINDS = {"mercadopago": "mp_preference", "stripe": "st_session", "conekta": "ck_order"}
REFUND_KINDS = {"mercadopago": "mp_refund", "stripe": "st_refund", "conekta": "ck_refund"}
CREATE = {
    "mercadopago": "POST /mp/checkout/preferences",
    "stripe": "POST /stripe/v1/checkout/sessions",
    "conekta": "POST /conekta/orders",
}
FORGED = {"mercadopago": 401, "stripe": 400, "conekta": 401}
SIGNATURE = {"mercadopago": "x_signature", "stripe": "stripe_signature", "conekta": "digest"}
PAID_EVENT = {
    "mercadopago": b"payment.created",
    "stripe": b"checkout.session.completed",
    "conekta": b"order.paid",
}
# A reference in a currency that has such vouchers there; None: the shop's own will do.
VOUCHER_CURRENCY = {"mercadopago": None, "stripe": "MXN", "conekta": "MXN"}
# What becomes of attempt and purchase when a voucher expires: a preference stays payable, the others end.
AFTER_EXPIRY = {
    "mercadopago": ("redirected", "awaiting_payment"),
    "stripe": ("failed", "open"),
    "conekta": ("expired", "open"),
}


def another(gateway: str) -> str:
    """Return another gateway, which takes the same currency."""
    return "mercadopago" if gateway == "stripe" else "stripe"


@dataclass(frozen=True)
class Letter:
    """One notification as the provider sent it."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Mailbox:
    """A listening address: it answers 200 and keeps what came."""

    url: str = ""
    letters: list[Letter] = field(default_factory=list)


class World:
    """The providers, with the actions of a shopper, an operator and the network."""

    def __init__(self, handle: Handle, box: Mailbox) -> None:
        self.handle, self.box = handle, box

    # -- the shopper --------------------------------------------------------------------------------------------
    def begin(self, gateway: str, session: CheckoutSession | None = None) -> PaymentAttempt:
        """Start to pay a purchase."""
        session = session or make_session()
        return attempts.start(payable=payables.of_purchase(session), gateway=gateway, actor="shopper")

    def pay(self, attempt: PaymentAttempt, outcome: str = "approved", *, late: bool = False) -> Record:
        """Pay (or try to) on the provider's page: approved, rejected or voucher; `late` after it was closed."""
        verb = "late" if late else "pay"
        if attempt.gateway == "mercadopago":
            voucher = outcome == "voucher"
            params = {"method": "rapipago"} if voucher else {"method": "visa", "outcome": outcome}
            return self.do(f"mp.{verb}", attempt.external_id, **params)
        if outcome == "rejected":
            return self.do(f"{attempt.gateway}.decline", attempt.external_id)
        cash = "oxxo" if attempt.gateway == "stripe" else "cash"
        method = cash if outcome == "voucher" else "card"
        return self.do(f"{attempt.gateway}.{verb}", attempt.external_id, method=method)

    def pay_voucher(self, attempt: PaymentAttempt, payment: Record) -> Record:
        """Pay a voucher at the counter, also one that expired."""
        if attempt.gateway == "mercadopago":
            return self.do("mp.approve", payment.id)
        return self.do(f"{attempt.gateway}.pay_voucher", attempt.external_id)

    def expire_voucher(self, attempt: PaymentAttempt, payment: Record) -> Record:
        """Let a voucher's time run out."""
        action = "mp.expire" if attempt.gateway == "mercadopago" else f"{attempt.gateway}.expire_voucher"
        return self.do(action, payment.id)

    def pay_again(self, attempt: PaymentAttempt, payment: Record) -> Record:
        """Pay the same preference once more (Mercado Pago only)."""
        return self.do("mp.second", payment.id)

    # -- the operator -------------------------------------------------------------------------------------------
    def do(self, action: str, subject: str, **params: Any) -> Record:
        return perform(self.handle.sandbox, action, subject, params)

    def refund_in_panel(self, attempt: PaymentAttempt, payment: Record, amount: str) -> Record:
        """Send money back by the provider's own panel."""
        if attempt.gateway == "mercadopago":
            return self.do("mp.refund", payment.id, amount=amount)
        return self.do(f"{attempt.gateway}.refund", attempt.external_id, amount=amount)

    def dispute(self, attempt: PaymentAttempt, payment: Record, **options: Any) -> Record:
        """Let the shopper's bank dispute the payment (`reason` in the provider's words, `days` to answer)."""
        return self._disputing(attempt, payment, "", **options)

    def review_dispute(self, attempt: PaymentAttempt, payment: Record) -> Record:
        """Let the bank look at the evidence that the shop gave in the provider's panel."""
        return self._disputing(attempt, payment, "_review")

    def decide_dispute(self, attempt: PaymentAttempt, payment: Record, outcome: str) -> Record:
        """End a dispute: win, lose or withdraw (which Conekta does not know)."""
        return self._disputing(attempt, payment, f"_{outcome}")

    def _disputing(self, attempt: PaymentAttempt, payment: Record, verb: str, **options: Any) -> Record:
        if attempt.gateway == "mercadopago":
            return self.do(f"mp.chargeback{verb}", payment.id, **options)
        noun = "dispute" if attempt.gateway == "stripe" else "chargeback"
        return self.do(f"{attempt.gateway}.{noun}{verb}", attempt.external_id, **options)

    def settle_refund(self, gateway: str, refund_id: str) -> Record:
        """Let a refund on its way arrive."""
        return self.do(
            "mp.refund_settle" if gateway == "mercadopago" else f"{gateway}.refund_settle", refund_id
        )

    def fault(self, name: str, gateway: str = "any", **options: Any) -> None:
        params = options.pop("params", None)
        self.handle.sandbox.faults.add(name, provider=gateway, params=params, **options)

    @contextmanager
    def impatient(self) -> Iterator[None]:
        """Let the shop wait one second only: for a call that meets a provider which hangs `FOR_EVER`."""
        with override_settings(PAYMENT_TIMEOUT=1, PAYMENT_PAGE_SECONDS=1):
            yield

    def struck(self) -> None:
        """Wait until the sandbox is done with the calls that were to meet a fault, though nobody waits for them."""
        deadline = time.monotonic() + 60
        while self.handle.sandbox.faults.armed():
            assert time.monotonic() < deadline, "no call has met the fault"
            time.sleep(0.01)

    def records(self, kind: str) -> list[Record]:
        return self.handle.sandbox.store.find(kind)

    # -- the network --------------------------------------------------------------------------------------------
    def letters(self) -> list[Letter]:
        """Return the notifications sent so far, all of them, as their facts came about.

        Each is posted by a thread of its own, so that one may overtake another on the way.
        """
        assert self.handle.sandbox.outbox.flush(60), "some notifications are still on their way"
        order: dict[str, int] = {}
        for row in self.handle.sandbox.store.rows(
            "SELECT delivery_id, request_body FROM delivery_tries ORDER BY delivery_id"
        ):
            order.setdefault(row["request_body"], row["delivery_id"])
        return sorted(self.box.letters, key=lambda letter: order.get(letter.body.decode(), 0))

    def deliver(self, letters: list[Letter] | None = None, *, work: bool = True) -> list[HttpResponse]:
        """Bring notifications to the shop's endpoint, and let the job do its work."""
        answers = [post(letter) for letter in (self.letters() if letters is None else letters)]
        if work:
            self.work()
        return answers

    def work(self) -> None:
        """Do what the jobs do for every stored event that is unprocessed."""
        for event_id in WebhookEvent.objects.filter(status="received").values_list("pk", flat=True):
            processing.process(event_id)


def post(letter: Letter) -> HttpResponse:
    """Post a notification to the shop as the provider did."""
    parts = urlsplit(letter.path)
    keep = {name: value for name, value in letter.headers.items() if name not in {"host", "content-length"}}
    query = "&".join(f"{name}={value}" for name, value in parse_qsl(parts.query, keep_blank_values=True))
    answer: Any = Client().generic(
        "POST", parts.path, letter.body, "application/json", headers=keep, QUERY_STRING=query
    )
    found: HttpResponse = answer
    return found
