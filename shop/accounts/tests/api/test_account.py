"""The account through the API: details, address book, devices, one's own data; another's does not exist."""

import json
import re
import time
from datetime import timedelta
from typing import Any, get_args

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.utils import timezone

from shop.accounts import address_book
from shop.accounts.api.schemas import Language
from shop.accounts.models import Address, ErasureRequest, User
from shop.accounts.tests.api.test_tokens import AUTH, is_in, signed_in
from shop.accounts.tests.factories import PASSWORD, AddressFactory, ProfileFactory, UserFactory
from shop.core.mail.outbox import as_sent
from shop.core.models import EmailLog, Event
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db
ACCOUNT = "/api/v1/account"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
ADDRESS = {
    "recipient": "Ana Suárez",
    "street": "Gurruchaga 4477",
    "city": "Buenos Aires",
    "state": "Ciudad Autónoma de Buenos Aires",
    "postal_code": "c1414",
}


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def user() -> User:
    user = User.objects.create_user("ana@example.com", PASSWORD)
    ProfileFactory.create(user=user)
    return user


@pytest.fixture
def api(user: User) -> ApiClient:
    return ApiClient(user)


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    assert "no-store" in answer["Cache-Control"]
    return answer.json() if answer.content else None


def problem(answer: Any, status: int, code: str) -> Any:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), (
        answer.content
    )
    assert answer.json()["code"] == code
    return answer.json()


def confirmed(user: User) -> ApiClient:
    """Return a client that has confirmed its password just now, by allauth's own step."""
    client = ApiClient()
    client.token = signed_in(user)["access_token"]
    assert client.post(f"{AUTH}/auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    return client


def test_details_are_read_and_changed_by_the_countrys_rules(user, api):
    account = done(api.get(ACCOUNT))
    assert (account["number"], account["email"], account["first_name"]) == (
        user.public_number,
        user.email,
        "Ana",
    )
    assert (account["has_password"], account["has_second_step"]) == (True, False)

    changed = done(
        api.patch(ACCOUNT, {"last_name": "  Paz ", "document_type": "DNI", "document_number": "30123456"})
    )
    assert (changed["first_name"], changed["last_name"]) == ("Ana", "Paz")
    assert done(api.get(ACCOUNT)) == changed

    for body, pointer in (
        ({"document_number": "1"}, "#/document_number"),
        ({"document_type": ""}, "#/document_type"),
        ({"language": "xx"}, "#/language"),
        ({"phone": "no"}, "#/phone"),
        ({"email": "other@example.com"}, "#/email"),
        ({"first_name": None}, "#/first_name"),
        ({"first_name": "x" * 81}, "#/first_name"),
    ):
        errors = problem(api.patch(ACCOUNT, body), 422, "invalid")["errors"]
        assert pointer in [error["pointer"] for error in errors], errors
    assert done(api.get(ACCOUNT)) == changed


def test_the_address_book_keeps_one_default_and_takes_a_key_once(user, api):
    first = done(api.post(f"{ACCOUNT}/addresses", ADDRESS, key="a"), 201)
    again = api.post(f"{ACCOUNT}/addresses", ADDRESS, key="a")
    assert (again.json(), again["Idempotent-Replayed"]) == (first, "true")
    assert (first["postal_code"], first["country"], first["is_default"]) == ("C1414", "AR", True)
    second = done(api.post(f"{ACCOUNT}/addresses", {**ADDRESS, "label": "Taller"}), 201)
    assert not second["is_default"]

    assert done(api.post(f"{ACCOUNT}/addresses/{second['id']}/default"))["is_default"]
    listed = done(api.get(f"{ACCOUNT}/addresses"))
    assert [(one["label"], one["is_default"]) for one in listed["items"]] == [("Taller", True), ("", False)]
    moved = done(
        api.put(f"{ACCOUNT}/addresses/{first['id']}", {**ADDRESS, "street": "Thames 1", "is_default": True})
    )
    assert (moved["street"], moved["is_default"]) == ("Thames 1", True)
    assert done(api.get(f"{ACCOUNT}/addresses/{first['id']}")) == moved
    done(api.delete(f"{ACCOUNT}/addresses/{first['id']}"), 204)
    assert [one["is_default"] for one in done(api.get(f"{ACCOUNT}/addresses"))["items"]] == [True]

    for body, pointer in (
        ({**ADDRESS, "state": "Nowhere"}, "#/state"),
        ({**ADDRESS, "postal_code": "?"}, "#/postal_code"),
        ({**ADDRESS, "recipient": "\u200b"}, "#/recipient"),
        ({**ADDRESS, "user": str(user.pk)}, "#/user"),
        ({"street": "x"}, "#/city"),
    ):
        errors = problem(api.post(f"{ACCOUNT}/addresses", body), 422, "invalid")["errors"]
        assert pointer in [error["pointer"] for error in errors], errors
    AddressFactory.create_batch(address_book.MOST_ADDRESSES, user=user)
    problem(api.post(f"{ACCOUNT}/addresses", ADDRESS), 409, "address_book_full")


def test_what_is_anothers_does_not_exist_and_a_guest_has_nothing(user, api):
    address = AddressFactory.create()
    device = signed_in(User.objects.create_user("other@example.com", PASSWORD))
    row = UserSession.objects.get(user__email="other@example.com")

    for method, path in (
        ("get", f"addresses/{address.pk}"),
        ("put", f"addresses/{address.pk}"),
        ("delete", f"addresses/{address.pk}"),
        ("post", f"addresses/{address.pk}/default"),
        ("delete", f"devices/{row.pk}"),
        ("delete", "devices/999999999999999999999"),
        ("get", "addresses/x"),
    ):
        body = None if method == "get" else ADDRESS
        problem(getattr(api, method)(f"{ACCOUNT}/{path}", body), 404, "not_found")
        if "/x" not in path:
            problem(getattr(ApiClient(), method)(f"{ACCOUNT}/{path}", body), 401, "unauthenticated")
    assert Address.objects.get(pk=address.pk).street == address.street
    assert is_in(device["access_token"])


def test_devices_are_listed_and_ended_at_once(user):
    here, there = signed_in(user), signed_in(user)
    api = ApiClient()
    api.token = here["access_token"]

    listed = done(api.get(f"{ACCOUNT}/devices"))["items"]
    assert [(one["kind"], one["program"], one["is_current"]) for one in listed] == [
        ("app", "MaalApp", True),
        ("app", "MaalApp", False),
    ]
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(days=2))
    cache.clear()
    done(api.get(ACCOUNT))
    ages = [timezone.now() - row.last_seen_at for row in UserSession.objects.order_by("pk")]
    assert [age < timedelta(minutes=1) for age in ages] == [True, False]
    done(api.delete(f"{ACCOUNT}/devices/{listed[1]['id']}"), 204)
    assert not is_in(there["access_token"])
    third = signed_in(user)
    # Allauth's own list of them is the same one.
    own = done(api.get(f"{AUTH}/auth/sessions"))["data"]
    assert [one["ip"] for one in own] == ["127.0.0.0"] * 2
    assert done(api.delete(f"{ACCOUNT}/devices")) == {"ended": 1}
    assert not is_in(third["access_token"])
    done(api.delete(f"{ACCOUNT}/devices/{listed[0]['id']}"), 204)
    problem(api.get(f"{ACCOUNT}/devices"), 401, "unauthenticated")


def test_ones_own_data_are_taken_along_after_confirming_who_one_is(user, api):
    AddressFactory.create(user=user, street="Gurruchaga 4477")
    kept = done(api.get(f"{ACCOUNT}/privacy"))
    assert kept["rows"]["addresses"] == 1
    assert (kept["erasure"]["status"], kept["erasure"]["obstacles"]) == (None, [])
    assert "accounts" in [part["name"] for part in kept["parts"]]

    problem(api.get(f"{ACCOUNT}/privacy/export"), 403, "reauthenticate")
    client = confirmed(user)
    data = done(client.get(f"{ACCOUNT}/privacy/export"))
    assert (data["person"], data["parts"]["accounts"]["addresses"][0]["street"]) == (
        user.email,
        "Gurruchaga 4477",
    )
    assert MOMENT.fullmatch(data["made_at"])
    moments = [
        one for one in re.findall(r'"([^"]+)"', json.dumps(data)) if re.match(r"\d{4}-\d\d-\d\d[T ]", one)
    ]
    assert len(moments) > 2
    assert not [one for one in moments if not MOMENT.fullmatch(one)]
    assert Event.objects.filter(kind="data exported", subject_id=user.pk).count() == 1
    for _more in range(5):
        done(client.get(f"{ACCOUNT}/privacy/export"))
    assert int(client.get(f"{ACCOUNT}/privacy/export")["Retry-After"]) > 0

    now = time.time()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: now + 301)
        problem(client.get(f"{ACCOUNT}/privacy/export"), 403, "reauthenticate")


def test_an_erasure_is_asked_for_confirmed_by_code_and_taken_back(user, api):
    at = f"{ACCOUNT}/privacy/erasure"
    problem(api.post(at), 403, "reauthenticate")
    problem(api.post(f"{at}/confirmation", {"code": "x"}), 410, "code_expired")
    problem(api.delete(at), 409, "no_erasure")
    client = confirmed(user)
    asked = done(client.post(at, key="e"), 202)
    assert client.post(at, key="e")["Idempotent-Replayed"] == "true"
    assert ErasureRequest.objects.count() == 1
    assert asked["status"] == "requested"
    assert asked["code_until"]
    problem(client.post(f"{at}/confirmation", {"code": "WRONG234"}), 422, "wrong_code")
    mail = as_sent(EmailLog.objects.get(kind="erasure_code")).text
    code = re.search(r"^([2-9A-Z]{8})$", mail, re.MULTILINE)[1]

    # An account of the staff cannot go: the erasure waits, and can be taken back.
    User.objects.filter(pk=user.pk).update(is_staff=True)
    waiting = done(client.post(f"{at}/confirmation", {"code": code}), 202)
    assert (waiting["status"], len(waiting["obstacles"])) == ("postponed", 1)
    problem(client.post(at), 409, "erasure_under_way")
    assert done(client.delete(at))["status"] is None
    assert done(client.get(at))["status"] is None


def test_the_country_says_what_forms_may_hold():
    country = done(ApiClient().get("/api/v1/country"))
    assert (country["code"], country["currency"]) == ("AR", "ARS")
    assert ADDRESS["state"] in country["states"]
    assert country["languages"] == list(get_args(Language))
    assert "DNI" in [document["code"] for document in country["documents"]]
    assert {one["code"]: one["document"] for one in country["tax_conditions"]}["RI"] == "CUIT"


def test_a_list_costs_the_same_with_more_rows(django_assert_num_queries):
    user = UserFactory.create()
    api, counts = ApiClient(user), set()
    for _more in range(2):
        AddressFactory.create_batch(2, user=user)
        others = [ApiClient(user), ApiClient(user)]
        with django_assert_num_queries(100, exact=False) as captured:
            done(api.get(f"{ACCOUNT}/addresses"))
            done(api.get(f"{ACCOUNT}/devices"))
        counts.add(len(captured))
        assert len(done(api.get(f"{ACCOUNT}/devices"))["items"]) > len(others)
    assert len(counts) == 1
