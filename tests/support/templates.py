"""Templates in tests: each is compiled once, as in production. With DEBUG on, every page would compile its own again."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    from django.conf import settings
    from django.test import override_settings

    engines: Any = copy.deepcopy(settings.TEMPLATES)
    options = engines[0]["OPTIONS"]
    options["loaders"] = [("django.template.loaders.cached.Loader", options["loaders"])]
    with override_settings(TEMPLATES=engines):
        yield
