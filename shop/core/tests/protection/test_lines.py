"""One request by a kept connection is what `requests` makes of it, and fails as that does."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from shop.core.protection import lines

SECONDS = (3.0, 5.0)


class _Mirror(BaseHTTPRequestHandler):
    """Answers with what it was asked; /moved leads to /there, /late says nothing in time."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.path == "/late":
            self.server.over.wait(5)  # type: ignore[attr-defined]
        answer = json.dumps(
            [self.command, self.path, sorted(self.headers.items()), body, self.client_address]
        ).encode()
        self.send_response(302 if self.path.startswith("/moved") else 200)
        self.send_header("Location", "/there")
        self.send_header("Set-Cookie", "a=b")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_POST(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_GET()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def mirror() -> Iterator[str]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Mirror)
    server.over = threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("GET", "/", {"params": {"external_reference": "a b&c", "limit": 5, "none": None}}),
        (
            "POST",
            "/made",
            {"data": '{"name": "Lucía"}', "headers": {"x-idempotency-key": "k", "Accept": "a"}},
        ),
        ("PUT", "/changed?a=1", {"data": "{}", "headers": {"content-type": "application/json"}}),
        ("GET", "/moved", {"headers": {"Authorization": "Bearer x"}}),
    ],
)
def test_what_is_asked_is_what_requests_would_ask(mirror: str, method: str, path: str, given: dict[str, Any]):
    session = lines.session(mirror)
    expected = session.request(method, mirror + path, timeout=SECONDS, **given)
    answer = lines.ask(session, method, mirror + path, timeout=SECONDS, **given)
    assert answer.status_code == expected.status_code == 200
    # Over the same connection as well, which comes last.
    assert answer.json() == expected.json()
    assert not session.cookies


def test_who_does_not_answer_in_time_fails_as_with_requests(mirror: str):
    with pytest.raises(requests.ReadTimeout):
        lines.ask(lines.session(mirror), "GET", f"{mirror}/late", timeout=(1.0, 0.2))


def test_who_is_not_there_fails_as_with_requests():
    with pytest.raises(requests.ConnectionError):
        lines.ask(lines.session("http://127.0.0.1:9"), "GET", "http://127.0.0.1:9/", timeout=SECONDS)
