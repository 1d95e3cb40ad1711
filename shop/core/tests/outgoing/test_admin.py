"""Endpoints and deliveries in the back office: a secret is shown once, URLs are checked, messages are sent again."""

from typing import Any

import pytest
from django.urls import reverse

from shop.accounts.tests.staff_clients import clerk
from shop.core.models import OutgoingDelivery, OutgoingEndpoint
from shop.core.outgoing import addresses, endpoints
from shop.core.outgoing.addresses import Refused, Target

pytestmark = pytest.mark.django_db
ADD = "/admin/core/outgoingendpoint/add/"
TARGET = Target("https://hooks.example.com/x", "https", "hooks.example.com", 443, "/x", ("93.184.216.34",))


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one name be public."""

    def check(url: str) -> Target:
        if url != TARGET.url:
            raise Refused("not public")
        return TARGET

    monkeypatch.setattr(addresses, "check", check)


def filled(**changes: Any) -> dict[str, Any]:
    return {"token": "t1", "url": TARGET.url, "types": ["order.placed"], "description": "ERP"} | changes


def page(endpoint: OutgoingEndpoint, act: str) -> str:
    return f"/admin/core/outgoingendpoint/{endpoint.pk}/{act}/"


def test_an_endpoint_is_made_and_its_secret_shown_this_once():
    staff = clerk("manager")
    private = staff.post(ADD, filled(url="https://10.0.0.1/"))
    answer = staff.post(ADD, filled())
    again = staff.post(ADD, filled())

    assert (private.status_code, answer.status_code, again.status_code) == (422, 200, 302)
    assert "no-store" in answer["Cache-Control"]
    endpoint = OutgoingEndpoint.objects.get()
    secret = answer.content.decode().partition("whsec_")[2][:44]
    assert len(secret) == 44
    shown = staff.get(reverse("admin:core_outgoingendpoint_change", args=[endpoint.pk])).content.decode()
    assert "order.placed" in shown
    assert "whsec_" not in shown
    assert secret not in str(OutgoingEndpoint.objects.values().get())


def test_it_is_changed_rotated_pinged_and_switched_off_by_those_who_may():
    staff = clerk("manager")
    endpoint, _secret = endpoints.create(TARGET, types=["order.placed"], actor="a")
    for act in ("edit", "rotate", "ping", "switch"):
        assert clerk("support").get(page(endpoint, act)).status_code == 403
    form = staff.get(page(endpoint, "edit")).context["form"]
    changed = filled(types=["order.paid", "order.placed"], shown=form["shown"].value())
    answer = staff.post(page(endpoint, "edit"), changed)
    assert answer.status_code == 302, answer.context["form"].errors
    assert "whsec_" in staff.post(page(endpoint, "rotate"), {"token": "t2"}).content.decode()
    assert staff.post(page(endpoint, "ping"), {"token": "t3"}).status_code == 302
    form = staff.get(page(endpoint, "switch")).context["form"]
    off = {"token": "t4", "shown": form["shown"].value()}
    assert staff.post(page(endpoint, "switch"), off).status_code == 302

    endpoint.refresh_from_db()
    assert (endpoint.types, endpoint.status) == (["order.paid", "order.placed"], "disabled")
    delivery = OutgoingDelivery.objects.get()
    assert delivery.message.type == "ping"
    assert staff.post(page(endpoint, "ping"), {"token": "t5"}).status_code == 422


def test_a_change_waits_until_what_somebody_else_has_changed_meanwhile_was_seen():
    staff = clerk("manager")
    endpoint, _secret = endpoints.create(TARGET, types=["order.placed"], actor="a")
    rows = OutgoingEndpoint.objects.all()
    edited = staff.get(page(endpoint, "edit")).context["form"]["shown"].value()
    switched = staff.get(page(endpoint, "switch")).context["form"]["shown"].value()
    rows.update(types=["order.paid"], status="disabled")

    assert staff.post(page(endpoint, "edit"), filled(shown=edited)).status_code == 422
    assert staff.post(page(endpoint, "edit"), filled(shown="x")).status_code == 422
    assert staff.post(page(endpoint, "switch"), {"token": "t2", "shown": switched}).status_code == 422
    assert (rows.get().types, rows.get().status) == (["order.paid"], "disabled")


def test_a_delivery_is_sent_again_from_its_page_and_from_the_list():
    staff = clerk("manager")
    endpoint, _secret = endpoints.create(TARGET, types=["order.placed"], actor="a")
    delivery = endpoints.ping(endpoint, actor="a")
    rows = OutgoingDelivery.objects.all()
    rows.update(status="dead", next_try_at=None)

    shown = staff.get(reverse("admin:core_outgoingdelivery_change", args=[delivery.pk]))
    assert f"msg_{delivery.message_id.hex}" in shown.content.decode()
    answer = staff.post(f"/admin/core/outgoingdelivery/{delivery.pk}/replay/", {"token": "t"})
    assert (answer.status_code, rows.get().status) == (302, "pending")

    rows.update(status="delivered", next_try_at=None)
    chosen = {"action": "replay_chosen", "_selected_action": [str(delivery.pk)]}
    staff.post(reverse("admin:core_outgoingdelivery_changelist"), chosen)
    assert rows.get().status == "pending"
