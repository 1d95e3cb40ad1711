"""The back office: each act by its page, by whom it is allowed to; a parcel is counted by scanning."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from orders.models import Inspection, Order, OrderLine, Reimbursement, Return, ReturnDecision, ReturnReceipt
from orders.returns import files
from orders.tests.returns.returns import approved, ask, delivered_order, line_of, wanted
from orders.tests.returns.test_pages import picture
from shop.accounts.tests.staff_clients import boss, carried, clerk, queries
from shop.core.models import Event


@pytest.fixture(scope="module")
def order(shared_rows: Any) -> Iterator[Order]:
    """An order of three units of one line and one of another, delivered today."""
    with shared_rows():
        yield delivered_order()


def at(name: str, *keys: Any) -> str:
    return reverse(f"admin:orders_return_{name}", args=keys)


def post(client: Any, url: str, **given: Any) -> Any:
    return client.post(url, {**carried(client, url), **given})


@pytest.mark.django_db
def test_the_whole_story_by_buttons(order: Order):
    client = boss()
    line = line_of(order, 3)
    rma = ask(order, wanted(line, 2, "too_small"), photos=files.photos([picture().file]))
    page = client.get(at("change", rma.pk)).content.decode()
    assert at("act", rma.pk, "approve") in page
    photo = client.get(at("file", rma.pk, rma.files.get().pk))
    assert photo.headers["Content-Type"] == "image/jpeg"
    label = picture("label.jpg")
    given = {"payer": "shop", "way": "label", "label": label, "instructions": "Kiosk"}
    assert post(client, at("act", rma.pk, "approve"), **given).status_code == 302
    rma.refresh_from_db()
    assert (rma.status, rma.files.filter(kind="label").count()) == ("approved", 1)

    _counted(client, rma, line)
    _inspected_and_paid(client, rma, line)


def _counted(client: Any, rma: Return, line: OrderLine) -> None:
    url = at("receive", rma.pk)
    first = client.get(url)
    token = first.context["form"]["token"].value()
    field = f"units_{line.pk.hex}"
    scans = {"token": token, "parcel": "1", field: "0"}
    for code, counted in ((line.sku.lower(), "1"), ("nothing", "1"), (line.sku, "2")):
        shown = client.post(url, {**scans, "scan": code, "add": "1"})
        assert shown.status_code == 200
        scans[field] = shown.context["form"][field].value()
        assert scans[field] == counted
        assert shown.context["is_wrong"] == (code == "nothing")
    assert not ReturnReceipt.objects.exists()
    assert client.post(url, {**scans, "wrong_units": "1", "done": "1"}).status_code == 422
    assert client.post(url, {**scans, "done": "1"}).status_code == 302
    assert client.post(url, {**scans, "token": "other", "done": "1"}).status_code == 302  # The same parcel.
    assert ReturnReceipt.objects.get().lines.get().quantity == 2
    page = client.get(at("change", rma.pk)).content.decode()
    top = page[page.index("bo-acts") : page.index("<table")]
    assert at("inspect", rma.pk, rma.lines.get().pk) in top, "what is next is among the acts at the top"


def _inspected_and_paid(client: Any, rma: Return, line: OrderLine) -> None:
    row = rma.lines.get()
    inspect = at("inspect", rma.pk, row.pk)
    assert post(client, inspect, units="1", condition="new", disposition="restock").status_code == 302
    assert post(client, inspect, units="2", condition="new", disposition="restock").status_code == 422
    assert post(client, inspect, units="1", condition="used", disposition="quarantine").status_code == 302
    used = Inspection.objects.get(condition="used")
    assert post(client, at("move", rma.pk, used.pk), units="1", disposition="write_off").status_code == 302

    units = f"units_{row.pk.hex}"
    decide = at("decide", rma.pk)
    shown = post(client, decide, **{units: "2"})
    assert not ReturnDecision.objects.exists()
    quote = shown.context["quote"]
    assert quote.total == line.unit_price * 2
    stale = post(client, decide, **{units: "2", "confirm": "1", "seen": "stale"})
    assert stale.status_code == 422
    assert post(client, decide, **{units: "2", "confirm": "1", "seen": quote.seen}).status_code == 302
    assert not Reimbursement.objects.exists()
    assert post(client, at("act", rma.pk, "pay")).status_code == 302
    rma.refresh_from_db()
    assert (rma.status, Reimbursement.objects.get().amount) == ("closed", quote.total)
    actors = set(Event.objects.filter(subject_type="orders.return").values_list("actor", flat=True)) - {
        "buyer"
    }
    assert len(actors) == 1
    assert client.get(at("change", rma.pk)).status_code == 200


@pytest.mark.django_db
def test_each_role_sees_and_does_its_part(order: Order):
    rma = approved(order, wanted(line_of(order, 3), 1))
    asked = ask(order, wanted(line_of(order, 1)))
    pages = {
        at("changelist"): {"manager", "warehouse", "support"},
        at("act", asked.pk, "reject"): {"manager", "support"},
        at("receive", rma.pk): {"manager", "warehouse"},
        at("inspect", rma.pk, rma.lines.get().pk): {"manager", "warehouse"},
        at("decide", rma.pk): {"manager", "support"},
        at("act", rma.pk, "pay"): {"manager", "support"},
        reverse("admin:orders_returnpolicy_changelist"): {"manager", "support"},
        reverse("admin:orders_returnreason_add"): {"manager"},
    }
    for role in ("manager", "warehouse", "support", "catalogue"):
        client = clerk(role)
        for url, allowed in pages.items():
            status = client.get(url).status_code
            assert (status == 200) == (role in allowed), (role, url, status)


@pytest.mark.django_db
def test_the_list_has_its_queues_and_costs_the_same_however_long_it_is(order: Order):
    client = boss()
    three = line_of(order, 3)
    asked, rma = ask(order, wanted(three, 1)), approved(order, wanted(three, 1))
    for queue, found in (
        ("to_approve", [asked]),
        ("awaited", [rma]),
        ("to_inspect", []),
        ("to_decide", []),
        ("to_pay", []),
    ):
        listed = client.get(at("changelist"), {"queue": queue}).context["cl"].result_list
        assert list(listed) == found, queue
    assert list(client.get(at("changelist"), {"state": "approved"}).context["cl"].result_list) == [rma]
    few = queries(client, at("changelist"))
    for number in range(3, 12):
        Return.objects.create(order=order, ordinal=number, dedupe_key=f"x{number}")
    assert queries(client, at("changelist")) == few


@pytest.mark.django_db
def test_the_name_of_an_uploaded_label_has_a_place_of_its_own(order: Order):
    """The script of the back office writes it into the first text input that it finds around the file's."""
    rma = ask(order, wanted(line_of(order, 3), 1, "too_small"))
    page = boss().get(at("act", rma.pk, "approve")).content.decode()
    before = page[: page.index('name="label"')]
    assert before.rindex('<input type="text" disabled hidden>') > before.rindex("bo-fields")
