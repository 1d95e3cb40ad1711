"""A worker that kills itself (SIGKILL) at a given step of the verb it is given, in a process of its own.

A step is a statement that is about to be sent to the database, or a call to a provider that is about to be made, or
that has just been answered. Each line of the input is `<step> <verb> <key> …`; each gets a child of its own and, when
that has ended, a line with its exit status: -9 when it died, 0 when it was done before the step came.
"""

import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tests.races.tools import killed_exchanges


class Reaper:
    """Counts the steps and ends the process at one of them, as a power cut or the kernel would: no clean-up runs."""

    def __init__(self, step: int) -> None:
        self._left = step

    def _tick(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self._tick()
        return execute(*arguments)

    def watch(self) -> None:
        """Begin to count."""
        from django.db import connection
        from urllib3.connectionpool import HTTPConnectionPool

        # Beneath every SDK: `requests` goes through it, and so does Conekta's own client.
        pool_class: Any = HTTPConnectionPool
        urlopen, reaper = pool_class.urlopen, self

        def counted(pool: HTTPConnectionPool, *arguments: Any, **options: Any) -> Any:
            reaper._tick()
            answer = urlopen(pool, *arguments, **options)
            reaper._tick()
            return answer

        pool_class.urlopen = counted
        connection.execute_wrappers.append(self.statement)


def act(verb: str, *keys: str) -> None:
    """Do what a worker or the shop does."""
    from orders import payables
    from orders.installments import cancelling
    from orders.invoices import issuing
    from orders.models import CheckoutSession
    from payments.checkout import attempts
    from payments.refunds import reimbursing, sending
    from payments.settlement import settle
    from payments.webhooks import processing
    from shop.core.mail import outbox

    if verb == "start":
        payable = payables.of_purchase(CheckoutSession.objects.get(pk=keys[0]))
        attempts.start(payable=payable, gateway=keys[1], actor="shopper")
    elif verb == "settle":
        settle.settle(attempt_id=keys[0], actor="job:settle")
    elif verb == "webhook":
        processing.process(keys[0])
    elif verb == "refund":
        sending.send(keys[0])
    elif verb == "reimburse":
        reimbursing.pay(keys[0])
    elif verb == "accept":
        accept_plan(keys[0])
    elif verb == "cancel":
        cancelling.cancel_due()
    elif verb in {"label", "void"}:
        label(verb, *keys)
    elif verb == "issue":
        issuing.issue(keys[0])
    elif verb == "answer-claim":
        answer_claim(*keys)
    elif verb == "resolve-claim":
        resolve_claim(keys[0])
    elif verb == "mail":
        outbox.send_one(keys[0])
    elif verb.startswith("exchange."):
        killed_exchanges.act(verb, *keys)
    else:
        raise SystemExit(f"no such verb: {verb}")


def label(verb: str, *keys: str) -> None:
    """Buy the label of a shipment, as a clerk does, or void those that are due, as the job does."""
    from orders.fulfilment import label_voids, labels
    from orders.models import Shipment

    if verb == "void":
        label_voids.check_due()
    else:
        labels.buy(Shipment.objects.get(pk=keys[0]), actor="staff:ana@example.com")


def answer_claim(key: str, answer: str) -> None:
    """Approve a claim about two units: with one new unit and the money of the other, or with a part of the price."""
    from orders.claims import approving
    from orders.models import Claim

    claim = Claim.objects.get(pk=key)
    line = claim.lines.select_related("order_line").get()
    given = approving.Answer(replace={line.pk: 1}, refund={line.pk: 1})
    if answer == "partial":
        given = approving.Answer(partial=line.order_line.unit_price)
    approving.approve(claim, given, actor="staff:ana@example.com")


def resolve_claim(key: str) -> None:
    """Carry out what was decided about a claim."""
    from orders.claims import resolving
    from orders.models import Claim

    resolving.resolve(Claim.objects.get(pk=key), actor="staff:ana@example.com")


def accept_plan(session_key: str) -> None:
    """Accept the first quote of a checkout, as its buyer does."""
    from orders.installments import placing, quotes
    from orders.models import CheckoutSession

    session = CheckoutSession.objects.get(pk=session_key)
    quote = quotes.for_checkout(session)[0]
    if session.user is None:
        raise SystemExit("a guest accepts no plan")
    placing.accept(
        session, user=session.user, quote_id=quote.pk, accepts=True, address="192.0.2.1", actor="shopper"
    )


def prepare() -> None:
    """Import what a worker has imported long ago: a child that did it again would spend most of its time on it."""
    import django

    django.setup()
    from django.urls import get_resolver

    from payments.gateways import GATEWAYS

    for name in (
        *GATEWAYS.values(),
        "payments.checkout.attempts",
        "payments.webhooks.processing",
        "payments.refunds.reimbursing",
        "orders.claims.resolving",
        "orders.installments.placing",
        "orders.installments.cancelling",
        "orders.tests.exchanges.exchanges",
        "orders.invoices.issuing",
        "orders.invoices.fiscal.arca.provider",
        "shop.core.mail.outbox",
    ):
        import_module(name)
    assert get_resolver().reverse_dict, "the addresses are read with their views"


def main() -> None:
    """Read what to do until the input ends."""
    prepare()
    _say("ready")
    for line in sys.stdin:
        step, verb, *keys = line.split()
        child = os.fork()
        if child == 0:
            Reaper(int(step)).watch()
            act(verb, *keys)
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        _say(str(os.waitstatus_to_exitcode(status)))


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
