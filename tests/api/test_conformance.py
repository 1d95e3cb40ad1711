"""Every operation keeps to the document, whoever calls it and whatever is sent: no 5xx, no answer that is not in it.

The usual run takes some cases of each operation; `make soak` takes all of them.
"""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.api import conformance
from tests.api.world import World, make_world
from tests.support.soak import IS_SOAK

pytestmark = pytest.mark.django_db

MOST: Final = {"stranger": 2, "customer": 5, "staff": 3}


@pytest.fixture(scope="module")
def world(shared_rows: Any) -> Iterator[World]:
    with shared_rows():
        yield make_world()


@pytest.mark.parametrize("identity", MOST)
def test_every_answer_is_one_of_the_document(world: World, identity: str, settings: Any):
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    headers = world.headers(identity)
    found = []
    for operation in conformance.operations():
        cases = conformance.cases_of(operation, most=10_000 if IS_SOAK else MOST[identity])
        for place, case in enumerate(cases):
            # Every second case is about objects that exist.
            if place % 2 and conformance.has_good_path(case):
                conformance.put_into_path(case, world.known(operation.path))
                assert conformance.has_good_path(case), case.path_parameters
            found.append(conformance.findings(case, headers))
    assert not [words for words in found if words]


def test_every_operation_refuses_in_the_shape_of_its_path(world: World, settings: Any):
    """Too many requests, no token, and a body that is no JSON: whatever the operation does otherwise."""
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    staff, found = world.headers("staff"), []
    for operation in conformance.operations():
        case = conformance.good_case(operation)
        conformance.put_into_path(case, world.known(operation.path))
        if operation.body:
            found.append(conformance.refusal(case, {400}, staff, data=b"{", content_type="application/json"))
            found.append(conformance.refusal(case, {415}, staff, data=b"a=b", content_type="text/plain"))
        if {} not in operation.definition.raw.get("security", [{}]):
            found.append(conformance.refusal(case, {401}, {"Authorization": "Bearer x"}))
        settings.API_REQUESTS_PER_MINUTE = 0
        found.append(conformance.refusal(case, {429}, staff))
        settings.API_REQUESTS_PER_MINUTE = 1_000_000
    assert not [words for words in found if words]
