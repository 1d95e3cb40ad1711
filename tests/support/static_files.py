"""Static files in tests: listed once for a session. Every test client has a middleware of its own that would list them."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def _listed_once() -> Iterator[None]:
    from whitenoise.middleware import WhiteNoiseMiddleware

    list_files = WhiteNoiseMiddleware.add_files_from_finders
    listed: dict[str, dict[str, Any]] = {}

    def add_once(middleware: Any) -> None:
        prefix = middleware.static_prefix
        if prefix not in listed:
            others, middleware.files = middleware.files, {}
            list_files(middleware)
            listed[prefix], middleware.files = middleware.files, others
        middleware.files.update(listed[prefix])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add_once)
        yield
