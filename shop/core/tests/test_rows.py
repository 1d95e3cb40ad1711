"""An object made of a whole row at once is the one that Django makes."""

from unittest import mock

import pytest
from django.apps import apps
from django.db import models

from orders.models import Cart, CheckoutSession
from shop.core.rows import MadeOfRows, plain_columns

MODELS = [model for model in apps.get_models() if issubclass(model, MadeOfRows)]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_it_has_what_djangos_has(model: type[models.Model]):
    names = [field.attname for field in model._meta.concrete_fields]
    values = [f"{name} of the row" for name in names]
    ours = model.from_db("replica", names, values)
    djangos = models.Model.from_db.__func__(model, "replica", names, values)  # type: ignore[attr-defined]
    assert list(ours.__dict__) == list(djangos.__dict__)
    for name in names:
        assert ours.__dict__[name] == djangos.__dict__[name]
    assert ours._state.fields_cache == djangos._state.fields_cache == {}
    assert (ours._state.adding, ours._state.db) == (False, "replica")


def test_the_models_of_a_checkout_are_made_so():
    assert plain_columns(CheckoutSession)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_of_a_part_of_a_row_it_has_what_djangos_has(model: type[models.Model]):
    columns = [field.attname for field in model._meta.concrete_fields]
    # A set, as Django takes them: values are in the order of the model.
    names = [*columns[:1], *columns[2:]]
    values = [f"{name} of the row" for name in names]
    ours = model.from_db("replica", set(names), values)
    djangos = models.Model.from_db.__func__(model, "replica", set(names), values)  # type: ignore[attr-defined]
    assert list(ours.__dict__) == list(djangos.__dict__)
    assert ours.get_deferred_fields() == djangos.get_deferred_fields()
    assert (ours._state.adding, ours._state.db) == (False, "replica")


def test_a_part_of_a_row_is_made_at_once():
    with mock.patch.object(models.Model, "from_db", side_effect=AssertionError):
        part = CheckoutSession.from_db("default", ["id", "token"], [1, "t"])
    assert part.token == "t"


def test_of_a_part_of_a_row_the_rest_is_read_later():
    part = CheckoutSession.from_db("default", ["id", "token"], [1, "t"])
    assert (part.token, "email" in part.get_deferred_fields()) == ("t", True)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_without_values_it_has_djangos_defaults(model: type[MadeOfRows]):
    ours, djangos = model.unsaved(), model()
    assert list(ours.__dict__) == list(djangos.__dict__)
    # Keys and tokens are other ones each time.
    for name in [name for name in djangos.__dict__ if getattr(model(), name) == getattr(djangos, name)]:
        assert getattr(ours, name) == getattr(djangos, name), name
    assert (ours._state.adding, ours._state.db) == (True, None)
    assert ours.pk != model.unsaved().pk or ours.pk is None


def test_a_cart_is_made_without_djangos_questions():
    with mock.patch.object(models.Model, "__init__", side_effect=AssertionError):
        cart = Cart.unsaved()
    assert (len(cart.token), cart.user_id) == (32, None)
