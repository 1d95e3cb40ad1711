"""Two e-mail addresses are one only when nothing but capitals differs: not for letters that share a capital."""

import pytest

from orders.returns import withdrawals
from orders.tests.factories import make_order, make_user
from shop.accounts.models import User
from shop.accounts.privacy import person_at, person_of
from shop.core.models import EmailLog
from shop.core.privacy import personal_data
from shop.core.privacy.personal_data import ERASED, Person, scrub
from shop.core.user_input.emails import is_address

# Each has the capital of an ASCII letter, and is a letter that Django's EmailField takes.
ALIKE = [("ana@gmail.com", "ana@gmaıl.com"), ("sol@example.com", "ſol@example.com")]


@pytest.mark.django_db
@pytest.mark.parametrize(("hers", "theirs"), ALIKE)
def test_whoever_proves_a_lookalike_of_an_address_gets_nothing_of_its_owner(hers, theirs):
    order = make_order(user=make_user(hers))
    EmailLog.objects.create(
        kind="order_confirmation", to=hers, subject="x", text="x", dedupe_key="x", language="es"
    )
    stranger = make_user(theirs)

    data = personal_data.counts(person_of(stranger))
    asked = withdrawals.request(
        order_number=str(order.number), email=theirs, message="", language="es", actor="shopper"
    )

    assert (data["orders"], data["emails"]) == (0, 0)
    assert personal_data.counts(person_of(order.user))["orders"] == 1
    assert asked.order is None
    assert person_at(theirs).user_id == stranger.pk


@pytest.mark.django_db
def test_capitals_make_no_difference():
    user = make_user("ana@example.com")

    assert User.objects.get(is_address("email", " ANA@Example.com ")) == user
    assert person_at("Ana@EXAMPLE.com").user_id == user.pk


@pytest.mark.parametrize(("hers", "theirs"), ALIKE)
def test_erasing_a_lookalike_leaves_the_owners_address_in_texts(hers, theirs):
    person = Person(frozenset({theirs}))

    assert scrub(f"by {hers}, {theirs.upper()} and {theirs}", person).startswith(f"by {hers}, ")
    assert scrub(f"by {theirs}", person) == f"by {ERASED}"
    assert scrub(f"by {hers.upper()}", Person(frozenset({hers}))) == f"by {ERASED}"
