"""Every operation × six identities: who is not let in, and whose objects do not exist for whom."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.api import conformance
from tests.api.world import PUBLIC, World, make_world

pytestmark = pytest.mark.django_db

STAFF: Final = ("/api/v1/staff/", "/api/stock/", "/api/admin/")
# A contract answers 403 where all others answer as if it did not exist (docs/api.md).
FORBIDDEN: Final = ("/api/ventas/cuotas/",)


# These ask for the password once more, in this session: the tokens of these tests have not been asked.
ASKED_AGAIN: Final = ("/api/v1/account/privacy/",)


@pytest.fixture(scope="module")
def world(shared_rows: Any) -> Iterator[World]:
    with shared_rows():
        yield make_world()


def statuses(world: World, operation: Any) -> dict[str, int]:
    """Return what each identity is answered to one good request about the customer's object."""
    case = conformance.good_case(operation)
    conformance.put_into_path(case, world.known(operation.path))
    names = ("stranger", "ended", "other", "clerk", "staff", "customer")
    return {name: conformance.status_of(case, world.headers(name)) for name in names}


def test_nobody_reaches_what_is_not_theirs(world: World, settings: Any):
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    wrong = {}
    for operation in conformance.operations():
        found = statuses(world, operation)
        expected = expectation(operation)
        seen = {name: found[name] for name in expected}
        if any(found[name] not in allowed for name, allowed in expected.items()):
            wrong[operation.label] = seen
    assert not wrong


def expectation(operation: Any) -> dict[str, Any]:
    """Return which statuses each identity may be answered; identities that may be answered anything are left out."""
    path: str = operation.path
    security = operation.definition.raw.get("security", [])
    # No provider answers in these tests (503).
    let_in = {503, *range(200, 500)} - {401, 403, 404}
    rules: dict[str, Any] = {"ended": {401} if security else range(200, 500)}
    if security and {} not in security:
        rules["stranger"] = {401}
    if path.startswith(STAFF):
        # A body that is right by the document may name goods that this world has not (404).
        let_in |= {404} if operation.method == "post" else set()
        return rules | {"other": {403}, "clerk": {403}, "customer": {403}, "staff": let_in}
    if path.startswith(ASKED_AGAIN):
        let_in = let_in | {403}
    if "{" not in path:
        return rules | {"customer": let_in | {404}}
    if path.startswith(PUBLIC):
        return rules | {"other": let_in, "stranger": let_in, "customer": let_in}
    hidden = {403} if path.startswith(FORBIDDEN) else {404}
    rules |= dict.fromkeys(("other", "clerk", "staff"), hidden) | {"customer": let_in}
    return rules if "stranger" in rules else rules | {"stranger": hidden}


def test_every_object_of_the_api_is_in_this_world(world: World):
    """A new address with a parameter needs an object here, or nobody has asked whose it is."""
    lacking = [
        operation.label
        for operation in conformance.operations()
        if {part.name for part in operation.path_parameters} - world.known(operation.path).keys()
    ]
    assert not lacking
