"""Presses of Pay beside the pages: many at the provider at once, a line with places, one checkout whatever dies."""

import multiprocessing
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from orders import payables
from orders.models import CheckoutSession, Order
from orders.tests.factories import active, make_session, make_user
from payments.checkout import attempts, line, presses
from payments.gateways.base import GatewayError, HostedCheckout, NotAsked
from payments.gateways.mercadopago.gateway import MercadoPago
from payments.models import PaymentAttempt
from payments.settlement import settle
from payments.tests.world import World
from shop.core.protection import bulkhead, circuits, guard, pool
from tests.races.tools.concurrency import PATIENCE
from tests.races.tools.killing import KILLED, await_their_end
from tests.support.languages import PageClient

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.race,
    pytest.mark.usefixtures("threads_of_the_pool"),
]
GATEWAY = "mercadopago"


@pytest.fixture
def shopper() -> Client:
    return PageClient("en")


@pytest.fixture(autouse=True)
def no_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no page wait for its job: what happens meanwhile is what is tested."""
    monkeypatch.setattr(presses, "_MOMENT", 0.0)


class Closed:
    """A provider that keeps calls for a new checkout waiting until `opened` is set."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.there = threading.Semaphore(0)

    def wait_for(self, number: int) -> None:
        for _n in range(number):
            assert self.there.acquire(timeout=60), "a call did not come"


@pytest.fixture
def closed(providers: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Closed]:
    create, found = MercadoPago.create_checkout, Closed()

    def slow(gateway: MercadoPago, request: Any) -> HostedCheckout:
        found.there.release()
        assert found.opened.wait(60)
        return create(gateway, request)

    monkeypatch.setattr(MercadoPago, "create_checkout", slow)
    yield found
    found.opened.set()


def press(shopper: Client, session: CheckoutSession) -> Any:
    return shopper.post(reverse("payments:start", args=[session.token]), {"gateway": GATEWAY})


def onward(answer: Any) -> str:
    found = re.search(r'http-equiv="refresh" content="\d+; url=([^"]+)"', answer.content.decode())
    assert found is not None, answer.content.decode()
    return found[1]


def question(address: str) -> str:
    return address.replace("/pagar/?", "/pagar/turno/?")


def until_redirected(shopper: Client, address: str) -> str:
    """Ask as the waiting page does, until it leads to the provider; return where to."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        answer = shopper.get(address)
        if answer.status_code == 303:
            return str(answer["Location"])
        time.sleep(0.05)
    raise AssertionError(answer.content.decode())


def test_a_crowd_is_at_the_provider_together_and_the_line_tells_its_places(
    providers: World, closed: Closed, shopper: Client, settings: Any
):
    """Calls wait with neither a slot of the pages nor a connection; who finds no free thread stands in line."""
    settings.PAYMENT_CALLS_AT_ONCE = pool.WORKING + 2
    sessions = [make_session() for _n in range(settings.PAYMENT_CALLS_AT_ONCE + 2)]
    pages = [press(shopper, session) for session in sessions]
    closed.wait_for(settings.PAYMENT_CALLS_AT_ONCE)
    assert bulkhead.taken() == {}
    assert pool._pool.places._free == pool.WORKING
    assert len(pool._pool.places._idle) <= pool.WORKING
    places = [shopper.get(question(onward(page))).json()["place"] for page in pages]
    assert sorted(places) == [0, 0, 0, 0, 1, 2]
    second = shopper.get(onward(pages[places.index(2)]))
    assert "You are number 2 in line" in second.content.decode()
    assert int(second["Retry-After"]) >= 1
    assert all(active(cart_id=session.cart_id) == 1 for session in sessions)
    closed.opened.set()
    for session, page in zip(sessions, pages, strict=True):
        attempt_url = until_redirected(shopper, onward(page))
        assert PaymentAttempt.objects.get(purchase=session).redirect_url == attempt_url
    assert len(providers.records("mp_preference")) == len(sessions)


def test_control_calls_that_keep_their_place_let_nobody_else_work(
    closed: Closed, shopper: Client, monkeypatch: pytest.MonkeyPatch
):
    from contextlib import nullcontext

    monkeypatch.setattr(guard, "away", nullcontext)
    for session in [make_session() for _n in range(pool.WORKING + 1)]:
        press(shopper, session)
    closed.wait_for(pool.WORKING)
    assert not closed.there.acquire(timeout=1)


def test_a_provider_that_hangs_leaves_the_others_free(closed: Closed, shopper: Client, settings: Any):
    settings.PAYMENT_CALLS_AT_ONCE = 1
    for _n in range(2):
        press(shopper, make_session())
    closed.wait_for(1)
    there = reverse("payments:start", args=[make_session().token])
    assert until_redirected(shopper, onward(shopper.post(there, {"gateway": "stripe"})))


def test_pressing_again_going_back_and_a_second_tab_are_one_payment(
    providers: World, closed: Closed, shopper: Client
):
    session = make_session()
    first = press(shopper, session)
    closed.wait_for(1)
    again, other_tab = press(shopper, session), press(Client(), session)
    assert {first.status_code, again.status_code, other_tab.status_code} == {200}
    closed.opened.set()
    there = {until_redirected(shopper, onward(page)) for page in (first, again, other_tab)}
    assert there == {press(shopper, session)["Location"]}
    attempt = PaymentAttempt.objects.get()
    providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="test")
    assert (Order.objects.count(), len(providers.records("mp_preference"))) == (1, 1)


def test_a_tab_that_was_closed_leaves_a_payment_that_ends_as_any_other(closed: Closed, shopper: Client):
    press(shopper, make_session())
    closed.wait_for(1)
    closed.opened.set()
    pool.close()  # As when the server is stopped in order: what is under way ends first.
    attempt = PaymentAttempt.objects.get()
    assert (attempt.status, attempt.opening_until) == ("redirected", None)
    assert attempt.next_check_at is not None


def test_the_waiting_page_turns_into_why_not(
    providers: World, closed: Closed, shopper: Client, monkeypatch: pytest.MonkeyPatch
):
    session = make_session()
    page = press(shopper, session)
    closed.wait_for(1)

    def silent(gateway: MercadoPago, request: Any) -> HostedCheckout:
        raise GatewayError("no answer", permanent=False, maybe_done=True, code=GatewayError.TIMEOUT)

    create = MercadoPago.create_checkout
    monkeypatch.setattr(MercadoPago, "create_checkout", silent)
    other = press(shopper, make_session())
    job = presses.find(GATEWAY, token=onward(other).split("/")[-3])
    assert job is not None
    assert job.wait(60)
    assert "is not answering" in shopper.get(onward(other)).content.decode()
    monkeypatch.setattr(MercadoPago, "create_checkout", create)
    closed.opened.set()
    assert until_redirected(shopper, onward(page))


def test_a_provider_that_answers_within_a_moment_is_reached_in_one_go(
    providers: World, shopper: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(presses, "_MOMENT", 60.0)
    answer = press(shopper, make_session())
    assert (answer.status_code, answer["Location"]) == (303, PaymentAttempt.objects.get().redirect_url)


def test_a_page_stops_waiting_when_a_crowd_comes(
    closed: Closed, shopper: Client, monkeypatch: pytest.MonkeyPatch
):
    """It has a thread that the crowd's presses, and pages behind them, need."""
    monkeypatch.setattr(presses, "_MOMENT", 600.0)
    answers: list[Any] = []
    first = make_session()

    def wait() -> None:
        answers.append(press(shopper, first))
        connections.close_all()

    thread = threading.Thread(target=wait)
    thread.start()
    closed.wait_for(1)
    assert not answers
    for _n in range(presses._FEW):
        session = make_session()
        presses.begin(
            payables.of_purchase(session), GATEWAY, token=session.token, at=time.time(), actor="shopper"
        )
    thread.join(60)
    assert answers[0].status_code == 200
    assert onward(answers[0])


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be many presses in this process already."""
    monkeypatch.setattr(presses, "_FEW", -1)


def test_a_press_of_a_crowd_is_answered_without_the_database(
    providers: World, closed: Closed, crowd: None, shopper: Client, django_assert_num_queries: Any
):
    session = make_session()
    with django_assert_num_queries(0):
        page = press(shopper, session)
    assert page.status_code == 200
    closed.opened.set()
    there = until_redirected(shopper, onward(page))
    assert PaymentAttempt.objects.get(purchase=session).redirect_url == there
    assert press(shopper, session).status_code == 200, "pressed again it stands in line again"
    assert until_redirected(shopper, onward(page)) == there
    assert len(providers.records("mp_preference")) == 1


def test_a_press_of_a_crowd_pays_nothing_that_is_not_its_visitors(
    providers: World, crowd: None, shopper: Client
):
    user = make_user()
    session = make_session(user=user)
    page = press(Client(), session)
    job = presses.find(GATEWAY, token=session.token)
    assert job is not None
    assert job.wait(60)
    assert isinstance(job.future.exception(), presses.NotTheirs)
    assert Client().get(onward(page)).status_code == 404
    assert not PaymentAttempt.objects.exists()
    # The account's own press, beside what the other one has left.
    shopper.force_login(user)
    assert until_redirected(shopper, onward(page)) == PaymentAttempt.objects.get().redirect_url
    assert providers.records("mp_preference")


def test_a_press_of_a_crowd_for_nothing_is_told_so_by_the_next_page(crowd: None, shopper: Client):
    address = reverse("payments:start", args=["x" * 32])
    page = shopper.post(address, {"gateway": GATEWAY})
    job = presses.find(GATEWAY, token="x" * 32)
    assert job is not None
    assert job.wait(60)
    assert shopper.get(onward(page)).status_code == 404


def test_a_process_knows_without_asking_that_it_lives():
    line.join(GATEWAY, "purchase", at=time.time())
    forget_processes()
    assert line.look(GATEWAY, "purchase").is_served
    line.end(GATEWAY, "purchase")


def test_a_client_of_the_api_without_a_slot_is_brought_there_all_the_same(providers: World, settings: Any):
    payable = payables.of_purchase(make_session())
    settings.PAYMENT_CALLS_PER_PROVIDER = 0
    with pytest.raises(NotAsked):
        presses.begun(payable, GATEWAY, actor="shopper")
    job = presses.find(GATEWAY, token=payable.pk.hex)
    assert job is not None
    assert job.wait(60)
    settings.PAYMENT_CALLS_PER_PROVIDER = 100
    assert presses.begun(payable, GATEWAY, actor="shopper") == PaymentAttempt.objects.get()
    assert len(providers.records("mp_preference")) == 1


def test_the_line_tells_nobody_else(closed: Closed, shopper: Client):
    user = make_user()
    shopper.force_login(user)
    address = onward(press(shopper, make_session(user=user)))
    closed.wait_for(1)
    assert shopper.get(question(address) + "x").status_code == 404
    assert shopper.get(question(address).partition("?")[0]).status_code == 404
    closed.opened.set()
    until_redirected(shopper, address)
    assert Client().get(address).status_code == 404


def killed_at(place: str, session: CheckoutSession) -> int | None:
    """Press Pay in a process of its own, which SIGKILL ends at `place`; return how it ended."""

    def child() -> None:
        os.environ["PGAPPNAME"] = KILLED

        def die(*_arguments: Any, **_named: Any) -> Any:
            os.kill(os.getpid(), signal.SIGKILL)

        create = MercadoPago.create_checkout

        def die_after(gateway: MercadoPago, request: Any) -> Any:
            create(gateway, request)
            die()

        if place == "in line":
            mock.patch.object(attempts, "start", die).start()
        else:
            fatal = die if place == "before the call" else die_after
            mock.patch.object(MercadoPago, "create_checkout", fatal).start()
        payable = payables.of_purchase(session)
        presses.begin(payable, GATEWAY, token=session.token, at=time.time(), actor="shopper").wait(60)

    connections.close_all()  # The child must not inherit one.
    circuits._server.cache_clear()
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(PATIENCE)
    await_their_end()
    return process.exitcode


@pytest.mark.parametrize("place", ["in line", "before the call", "after the call"])
def test_a_press_whose_process_was_killed_is_gone_on_with_by_another(
    providers: World, shopper: Client, monkeypatch: pytest.MonkeyPatch, place: str
):
    session = make_session()
    assert killed_at(place, session) == -signal.SIGKILL
    ticket = presses_ticket(session)
    assert line.look(GATEWAY, session.token).is_served, "nobody knows yet that the process is dead"
    assert shopper.get(ticket).status_code == 200
    assert PaymentAttempt.objects.count() == (0 if place == "in line" else 1)
    forget_processes()
    # As when the lease of the call that died has run out.
    PaymentAttempt.objects.update(opening_until=None)
    there = until_redirected(shopper, ticket)
    attempt = PaymentAttempt.objects.get()
    assert (attempt.redirect_url, attempt.status) == (there, "redirected")
    assert len(providers.records("mp_preference")) == 1
    assert active(checkout_id=session.pk) == 1


def presses_ticket(session: CheckoutSession) -> str:
    from payments.checkout.waiting_page import Ticket

    signed = Ticket(session.token, GATEWAY, time.time()).signed()
    return f"{reverse('payments:start', args=[session.token])}?ticket={signed}"


def forget_processes() -> None:
    """Let the signs of life of all processes expire."""

    def forget(server: Any) -> Callable[[], None] | None:
        for key in server.scan_iter("percha:pay:process:*"):
            server.delete(key)
        return None

    circuits.ask(forget)
