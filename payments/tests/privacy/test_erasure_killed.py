"""An erasure whose worker is killed (SIGKILL) in the middle of each step: another one finishes, and nothing is left."""

from typing import Any

import pytest
from django.utils import timezone

from inventory.checks import runner
from payments.tests.privacy.customer_traces import FISCAL, books, carry_out, finish, found
from shop.accounts import erasure
from shop.accounts.models import ErasureRequest, User
from shop.core.mail import outbox
from shop.core.models import EmailLog
from shop.core.privacy import personal_data
from tests.races.tools.killing import SIGKILL, TERMINATE, kill_in_the_middle

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
PARTS = ["payments", "orders", "inventory", "catalog", "accounts", "core"]
# Where each step stops: at rows that it reaches after it has changed others, some of them committed already.
LAST_ATTEMPT = "SELECT max(id::text)::uuid FROM payments_paymentattempt"
LAST_ENTRY = "SELECT max(id::text)::uuid FROM catalog_waitingentry"
AT = {
    "payments": [
        f"SELECT 1 FROM payments_paymentattempt WHERE id = ({LAST_ATTEMPT}) FOR UPDATE",
        "SELECT 1 FROM payments_webhookevent FOR UPDATE",
        "SELECT 1 FROM payments_straypayment FOR UPDATE",
        "SELECT 1 FROM payments_payoutreport FOR UPDATE",
    ],
    "orders": [
        "SELECT 1 FROM orders_order WHERE number = (SELECT max(number) FROM orders_order) FOR UPDATE",
        "SELECT 1 FROM orders_addresssnapshot FOR UPDATE",
        "SELECT 1 FROM orders_orderhold FOR UPDATE",
    ],
    "inventory": ["SELECT 1 FROM inventory_reservation WHERE status = 'converted' FOR UPDATE"],
    "catalog": [f"SELECT 1 FROM catalog_waitingentry WHERE id = ({LAST_ENTRY}) FOR UPDATE"],
    "accounts": [
        # After the account is deleted: what the staff did to it still names the person.
        "SELECT 1 FROM django_admin_log FOR UPDATE",
        "SELECT 1 FROM accounts_address FOR UPDATE",
    ],
    # A mail that hangs on no purchase and no account; keys of mails and events come after it.
    "core": ["SELECT 1 FROM core_emaillog WHERE kind = 'waiting_confirm' FOR UPDATE"],
}


def kill(request: ErasureRequest, place: str, how: str) -> None:
    ErasureRequest.objects.filter(pk=request.pk).update(next_try_at=timezone.now())
    kill_in_the_middle(lambda: erasure.carry_out(request.pk), how=how, stop_at=[place])
    request.refresh_from_db()


@pytest.fixture
def request_(life: User) -> ErasureRequest:
    return erasure.order("zenobia.quispe@example.org", actor="staff:a@percha.test", language="es")


def test_every_part_is_killed_somewhere():
    assert {part.name for part in personal_data.parts()} == set(PARTS) == set(AT)


def through(request: ErasureRequest) -> list[str]:
    return [name for name in PARTS if name in request.steps]


@pytest.mark.parametrize("part", PARTS)
def test_killed_in_the_middle_of_a_part(request_: ErasureRequest, part: str):
    before = books()

    kill(request_, AT[part][0], SIGKILL)

    done = PARTS[: PARTS.index(part)]
    assert (request_.status, through(request_)) == ("erasing", done), "it was killed within this part"
    assert not found() <= FISCAL, "control: half-way the person is still found"
    finish(request_)
    assert found() <= FISCAL
    assert books() == before
    assert runner.check() == []


@pytest.mark.parametrize("how", [SIGKILL, pytest.param(TERMINATE, marks=pytest.mark.soak)])
def test_killed_again_and_again_wherever_it_can_be(request_: ErasureRequest, how: str):
    """Twelve workers, one after the other, each killed a little later."""
    before = books()
    for part, places in AT.items():
        for place in reversed(places) if part == "accounts" else places:
            kill(request_, place, how)
            assert through(request_) == PARTS[: PARTS.index(part)], place
            assert not found() <= FISCAL
    finish(request_)
    assert found() <= FISCAL
    assert books() == before


@pytest.mark.parametrize("how", [SIGKILL, TERMINATE])
def test_killed_as_it_begins_and_as_it_ends(request_: ErasureRequest, how: str, life: User):
    """The first statement takes the request; the last empties the farewell and lets the request forget whom it was."""
    kill(request_, "SELECT 1 FROM accounts_erasurerequest FOR UPDATE", how)
    assert (request_.status, request_.steps) == ("confirmed", {})
    assert User.objects.filter(pk=life.pk).exists()
    assert carry_out(request_) == "telling"
    outbox.send_due()

    kill(request_, "SELECT 1 FROM core_emaillog WHERE kind = 'erasure_done' FOR UPDATE", how)

    assert request_.status == "telling"
    assert request_.sealed
    assert EmailLog.objects.get(kind="erasure_done").to != ""
    assert carry_out(request_) == "done"
    assert found() <= FISCAL
    request_.refresh_from_db()
    assert (request_.sealed, request_.digest) == ("", "")


def test_killed_while_the_farewell_is_written(request_: ErasureRequest, monkeypatch: Any):
    """The mail and the step to `telling` are one transaction: killed between them, there is no mail, and later one."""
    wait = "SELECT pg_advisory_xact_lock(4711)"

    def halting(*args: Any, **options: Any) -> Any:
        from django.db import connection

        result = queue(*args, **options)
        with connection.cursor() as cursor:
            cursor.execute(wait)
        return result

    queue = outbox.queue
    monkeypatch.setattr("shop.core.mail.outbox.queue", halting)
    kill(request_, wait, SIGKILL)
    monkeypatch.setattr("shop.core.mail.outbox.queue", queue)

    assert request_.status == "erasing"
    assert set(request_.steps) == set(PARTS)
    assert not EmailLog.objects.filter(kind="erasure_done").exists()
    finish(request_)
    assert EmailLog.objects.filter(kind="erasure_done").count() == 1
    assert found() <= FISCAL
