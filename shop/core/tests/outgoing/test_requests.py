"""One request: nothing is followed, nothing is waited for beyond its time, and little of the answer is kept."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime

import pytest
from django.utils import timezone

from shop.core.outgoing import requests
from shop.core.outgoing.addresses import Target

Serve = Callable[[Callable[[socket.socket], None]], tuple[Target, list[bytes]]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Give a server on this machine that answers each connection by a function, and what it was sent."""
    listeners: list[socket.socket] = []

    def begin(answer: Callable[[socket.socket], None]) -> tuple[Target, list[bytes]]:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        received: list[bytes] = []

        def run() -> None:
            while True:
                try:
                    connection, _address = listener.accept()
                except OSError:
                    return
                with connection:
                    sent = connection.recv(65536)
                    while not sent.endswith(b"}"):
                        sent += connection.recv(65536)
                    received.append(sent)
                    try:
                        answer(connection)
                    except OSError:
                        continue

        threading.Thread(target=run, daemon=True).start()
        port = listener.getsockname()[1]
        target = Target("http://x/", "http", "hooks.example.com", port, "/in?x=1", ("127.0.0.1",))
        return target, received

    yield begin
    for listener in listeners:
        listener.close()


def saying(text: str) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(text.encode())


def test_the_answer_is_kept_in_part_and_without_secrets(serve):
    body = "Bearer abcdefgh12345678 " + "x" * 9000
    target, received = serve(saying(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}"))

    answer = requests.post(target, b'{"a":1}', {"webhook-id": "msg_1"}, seconds=5)

    assert (answer.status_code, answer.is_delivered, len(answer.text)) == (200, True, 500)
    assert "abcdefgh" not in answer.text
    head, _line, sent = received[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /in?x=1 HTTP/1.1\r\nHost: hooks.example.com:")
    assert b"webhook-id: msg_1" in head
    assert sent == b'{"a":1}'


def test_a_redirect_is_not_followed(serve):
    other, reached = serve(saying("HTTP/1.1 200 OK\r\n\r\n"))
    target, _received = serve(
        saying(f"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:{other.port}/\r\n\r\n")
    )

    answer = requests.post(target, b"{}", {}, seconds=5)

    assert (answer.status_code, answer.is_delivered, reached) == (307, False, [])


def test_neither_silence_nor_one_byte_at_a_time_lasts_longer_than_allowed(serve):
    def drips(connection: socket.socket) -> None:
        for letter in b"HTTP/1.1 200 OK\r\n" * 50:
            connection.sendall(bytes([letter]))
            time.sleep(0.05)

    for answering in (lambda connection: time.sleep(3), drips, saying("HTTP/1.1 1")):
        target, _received = serve(answering)
        answer = requests.post(target, b"{}", {}, seconds=0.4)

        assert answer.status_code is None
        assert answer.error


def test_a_status_counts_though_the_rest_does_not_come(serve):
    def half(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\nok")
        time.sleep(2)

    answer = requests.post(serve(half)[0], b"{}", {}, seconds=0.4)

    assert (answer.status_code, answer.is_delivered) == (202, True)


def test_what_is_no_http_is_an_error_and_raises_nothing(serve):
    for text in ("", "nonsense\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\n" + "a: b\r\n" * 500):
        answer = requests.post(serve(saying(text))[0], b"{}", {}, seconds=5)
        assert answer.status_code is None


def test_a_pause_is_read_as_seconds_or_as_a_date_and_lasts_a_day_at_most():
    in_an_hour = format_datetime(timezone.now() + timedelta(hours=1))
    found = requests.retry_after(in_an_hour)

    assert requests.retry_after("120") == timedelta(seconds=120)
    assert found is not None
    assert timedelta(minutes=59) < found <= timedelta(hours=1)
    assert requests.retry_after("99999999999") == requests.LONGEST_PAUSE
    assert requests.retry_after("-5") is None
    assert [requests.retry_after(text) for text in (None, "", "soon", "Wed, 99 Foo")] == [None] * 4
