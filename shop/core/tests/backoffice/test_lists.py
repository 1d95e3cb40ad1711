"""Mails, jobs and events in the back office; every model of the shop has a page there."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from shop.accounts.tests.staff_clients import boss, clerk, queries
from shop.core.mail import outbox
from shop.core.models import Counter, EmailLog, Event, IdempotencyKey, JobRun
from shop.core.tasks import run_now

pytestmark = pytest.mark.django_db

# Rows that are seen and changed only within the row they belong to.
INLINE = {
    "accounts.address",
    "accounts.profile",
    "catalog.collectionproduct",
    "catalog.earlyopening",
    # Written by jobs of lists and search, from what has a place.
    "catalog.listing",
    "catalog.listingmark",
    "catalog.listingstate",
    "catalog.searchdeletion",
    "catalog.searchsnapshot",
    "catalog.searchword",
    "catalog.productimage",
    "catalog.variantvalue",
    # Shown on the page of their delivery.
    "core.outgoingattempt",
    "core.outgoingmessage",
    "inventory.exportpart",
    "inventory.importedrow",
    "inventory.importissue",
    "inventory.purchaseorderline",
    "inventory.purchasereceiptline",
    "inventory.stockcountentry",
    "inventory.stockcountline",
    "inventory.stockviolation",
    "inventory.transferline",
    "orders.addresssnapshot",
    "orders.cartline",
    "orders.checkoutline",
    "orders.orderline",
    "orders.shippingrate",
    # Shown on the page of the carriers, or in the checkout alone.
    "orders.shippingquote",
    "orders.carrierbranch",
    # Shown on the page of its label; a view of the database.
    "orders.labelvoid",
    "orders.lineunits",
    "orders.shipmentfollowup",
    # Shown on the page of their plan, or of their offer.
    "orders.installment",
    "orders.installmentbill",
    "orders.installmentbillline",
    "orders.installmentevent",
    "orders.installmentquote",
    # Shown on the page of their order, dispute or refund.
    "orders.cancellation",
    "orders.cancellationline",
    "orders.orderhold",
    "orders.orderpick",
    "payments.disputeevidence",
    # Shown on the page of their transfer, or of their statement.
    "payments.statementcolumns",
    "payments.transferreceipt",
    "payments.disputenote",
    "payments.refundline",
    "payments.reimbursementpart",
    "orders.reimbursementline",
    "orders.checkoutadjustment",
    "orders.orderadjustment",
    # Written by triggers when an address changes, and read for redirects; staff do not edit it.
    "catalog.formeraddress",
    # Written by the API and for it: answers kept for a day, what the catalogue's version is counted by.
    "core.storedanswer",
    "catalog.catalogchange",
    "catalog.lowstockhint",
    # Tokens of devices, which their owners see; no staff does.
    "accounts.refreshtoken",
    # Shown on the page of their shipment, or of the carriers.
    "orders.parcel",
    "orders.shipmentline",
    # Shown on the page of their invoice, or of its series; the ticket signs requests and is seen by nobody.
    "orders.fiscalticket",
    "orders.foreigninvoicenumber",
    "orders.invoicefile",
    "orders.invoiceline",
    # Shown on the page of their exchange, or of their claim.
    "orders.claimfile",
    "orders.claimline",
    "orders.exchangecharge",
    "orders.replacement",
    # Shown on the page of their return.
    "orders.inspection",
    "orders.returndecision",
    "orders.returndecisionline",
    "orders.returnfile",
    "orders.returnline",
    "orders.returnreceipt",
    "orders.returnreceiptline",
    # What an attempt is for: the purchase that it names is shown on the attempt itself.
    "orders.payable",
}
OURS = {"accounts", "catalog", "core", "inventory", "orders", "payments"}


def mail(number: int = 1) -> EmailLog:
    return outbox.enqueue(
        kind="test",
        to=f"a{number}@example.com",
        subject=f"Mail {number}",
        text="Plain words",
        html='<p>Rich</p><script>alert("x")</script>',
        secrets=(),
        dedupe_key=f"k{number}",
        language="es",
    )


def test_every_model_has_its_place():
    models = {model._meta.label_lower for model in apps.get_models() if model._meta.app_label in OURS}
    registered = {model._meta.label_lower for model in admin.site._registry}

    assert {label for label in models if "_" not in label.split(".")[1]} - registered == INLINE


def test_a_mail_is_read_as_text_and_in_a_frame_that_runs_nothing():
    email = mail()

    page = clerk("support").get(reverse("admin:core_emaillog_change", args=[email.pk])).content.decode()

    assert "Plain words" in page
    assert 'sandbox=""' in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_failed_mail_is_sent_again_by_those_who_may():
    email = mail()
    page = reverse("admin:core_emaillog_change", args=[email.pk]).replace("/change/", "/send-again/")
    early = clerk("manager").post(page, {"token": "t"})
    EmailLog.objects.filter(pk=email.pk).update(status="failed", attempts=9)

    assert early.status_code == 422
    assert clerk("warehouse").post(page, {"token": "t"}).status_code == 403
    assert clerk("manager").post(page, {"token": "t"}).status_code == 302

    email.refresh_from_db()
    assert (email.status, email.attempts) == ("queued", 0)


def test_jobs_are_listed_with_their_last_run_and_handed_to_the_workers(monkeypatch):
    sent: list[tuple[str, ...]] = []
    monkeypatch.setattr(run_now, "apply_async", lambda args, retry: sent.append(args))
    JobRun.objects.create(job="purge", is_ok=True, finished_at=timezone.now())
    client = clerk("manager")

    page = client.get(reverse("admin:core_jobrun_changelist"))
    jobs = {job["name"]: job["last"] for job in page.context["jobs"]}
    assert jobs["purge"].is_ok
    assert jobs["send_outbox"] is None

    run = reverse("admin:core_jobrun_run")
    client.post(run, {"job": "purge"})
    client.post(run, {"job": "launch_rocket"})
    client.get(run, {"job": "purge"})
    assert clerk("support").post(run, {"job": "purge"}).status_code == 403
    assert sent == [("purge",)]


def test_a_queue_that_is_away_is_told_in_words(monkeypatch):
    def refuse(args: object, retry: bool) -> None:
        raise OSError("no broker")

    monkeypatch.setattr(run_now, "apply_async", refuse)

    answer = boss().post(reverse("admin:core_jobrun_run"), {"job": "purge"}, follow=True)

    assert [message.level_tag for message in answer.context["messages"]] == ["error"]


@pytest.mark.parametrize("query", ["staff:", "no-such-words", "01a1fc8b-0000-7000-8000-000000000000", "%"])
def test_events_are_searched_by_words_and_by_keys(query):
    event = Event.objects.create(
        subject_type="orders.order",
        subject_id="01a1fc8b-0000-7000-8000-000000000000",
        kind="noted",
        actor="staff:a@b.co",
    )

    found = boss().get(reverse("admin:core_event_changelist"), {"q": query})

    assert found.status_code == 200
    assert (event in found.context["cl"].result_list) == (query not in {"no-such-words", "%"})


def test_lists_cost_the_same_for_five_rows_and_for_nine_and_are_only_read():
    client = boss()
    lists = [
        reverse(f"admin:core_{model}_changelist")
        for model in ("emaillog", "jobrun", "event", "counter", "idempotencykey")
    ]

    def grow(first: int, last: int) -> None:
        for number in range(first, last):
            mail(number)
            JobRun.objects.create(job="purge")
            Event.objects.create(subject_type="x", subject_id=mail(number).pk, kind="k", actor="a")
            Counter.increment(f"c{number}")
            IdempotencyKey.objects.create(scope="s", key=str(number))

    grow(0, 5)
    for address in lists:
        queries(client, address)
    few = [queries(client, address) for address in lists]
    grow(5, 9)

    assert [queries(client, address) for address in lists] == few
    assert max(few) <= 12
    for address in lists:
        assert client.get(f"{address}add/").status_code == 403


def test_an_old_run_shows_how_long_it_took_and_why_it_failed():
    run = JobRun.objects.create(job="purge", is_ok=False, error="Traceback\nValueError: no stock")
    JobRun.objects.filter(pk=run.pk).update(finished_at=run.started_at + timedelta(seconds=2))

    page = boss().get(reverse("admin:core_jobrun_changelist")).content.decode()

    assert "2.00 s" in page
    assert "ValueError: no stock" in page
