"""Files in tests: static ones are listed once for a session, and what a test was answered with is closed at its end.

Every test client has a middleware of its own that would list them. A served file that its test did not read through is
closed by the collector otherwise, during whichever test runs then, which fails of it.
"""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO

import pytest
from django.http import FileResponse


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


@contextmanager
def closing_served_files() -> Iterator[list[BinaryIO]]:
    """Give the files that this thread is answered with, and close them at the end.

    A live server's threads close theirs.
    """
    take, here = FileResponse._set_streaming_content, threading.get_ident()  # type: ignore[attr-defined]
    served: list[BinaryIO] = []

    def remember(answer: FileResponse, value: Any) -> None:
        if hasattr(value, "read") and threading.get_ident() == here:
            served.append(closing.enter_context(contextlib.closing(value)))
        take(answer, value)

    with pytest.MonkeyPatch.context() as patch, ExitStack() as closing:
        patch.setattr(FileResponse, "_set_streaming_content", remember)
        yield served


@pytest.fixture(autouse=True)
def _close_served_files() -> Iterator[None]:
    with closing_served_files():
        yield
