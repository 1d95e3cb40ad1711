"""Figures about checkouts, the same for the API and the dashboard, and clearing up by the API."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from orders.checkout import statistics
from orders.models import CheckoutSession
from orders.tests.factories import active, make_order, make_session, make_user
from shop.accounts.models import User
from shop.accounts.tests.staff_clients import boss
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db
STATS, CLEANUP = "/api/admin/order-sessions/stats", "/api/admin/order-sessions/cleanup"


def clerk(*permissions: str) -> ApiClient:
    user = make_user()
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return ApiClient(User.objects.get(pk=user.pk), second_step=True)


def test_checkouts_are_counted_by_state_and_those_whose_time_is_over_are_cleared_up():
    make_order()
    lapsing, cancelled = make_session(), make_session()
    make_session()
    CheckoutSession.objects.filter(pk=cancelled.pk).update(status="cancelled")
    client = clerk("view_checkoutsession", "add_jobrun")

    assert client.get(STATS).json() == {
        "active": 2,
        "expired": 1,
        "processed": 1,
        "total": 4,
        "conversionRate": 25.0,
    }
    CheckoutSession.objects.filter(pk=lapsing.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = client.post(CLEANUP)
    assert (answer.status_code, answer.json()) == (200, {"expired": 1, "purged": 0})
    assert client.post(CLEANUP).json()["expired"] == 0
    assert active(checkout_id=lapsing.pk) == 0
    assert client.get(STATS).json()["expired"] == 2
    figure = next(
        one for one in boss().get("/admin/").context["today"] if one.url.endswith("/orders/checkoutsession/")
    )
    assert figure.value == str(statistics.figures().active) == "1"
    assert "25" in figure.note


def test_without_checkouts_there_is_no_rate_and_strangers_are_refused():
    assert clerk("view_checkoutsession").get(STATS).json()["conversionRate"] is None
    refused = clerk().get(STATS)
    assert (refused.status_code, list(refused.json())) == (403, ["error"])
    assert clerk("view_checkoutsession").post(CLEANUP).status_code == 403
    assert ApiClient().post(CLEANUP).status_code == 401
