"""What a web server itself costs: `python -m benchmarks.server`.

A view that does nothing (`/healthz/` of benchmarks/floor.py) is served by each server in turn, 8 requests in flight;
counted is the processor time of one request in the server's processes, which holds on a busy machine. Then 200
connections send half a header each, and the view is asked three times; and again while 200 send half a form each.
"""

import argparse
import os
import socket
import time
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Final

from benchmarks.web import Answer, Client, Server, in_flight, processor_seconds, serve

SERVERS: Final = (Server("gthread", 2, 4), Server("sync", 4), Server("granian", 2, 4))
SLOW: Final = 200


def alive(client: Client) -> Answer:
    return client.get("/healthz/")


HEADER: Final = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
FORM: Final = (
    b"POST /form/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 900\r\n\r\nlevel="
)


def answered_beside_slow_clients(port: int, sent: bytes) -> int:
    """Return how often of three times the server answers within 3 s while 200 connections have sent this, no more."""
    slow = [socket.create_connection(("127.0.0.1", port), timeout=5) for _n in range(SLOW)]
    try:
        for one in slow:
            one.sendall(sent)
        time.sleep(0.5)
        return sum(_answers(port) for _turn in range(3))
    finally:
        for one in slow:
            one.close()


def _answers(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=3) as asked:
        asked.settimeout(3)
        asked.sendall(b"GET /healthz/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        try:
            return asked.recv(20).startswith(b"HTTP/1.1 200")
        except OSError:
            return False


def main(options: argparse.Namespace) -> None:
    # The view asks no database; its settings want the address of one.
    os.environ.setdefault("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")
    for _round in range(options.rounds):
        for server in SERVERS:
            if server.kind == "granian" and find_spec("granian") is None:
                print(f"{server!s:<14} is not installed (pip install granian)")
                continue
            with serve("benchmarks.floor:application", server=server) as port:
                in_flight([alive] * 60, port=port, width=8)
                before = processor_seconds(port)
                answers, seconds = in_flight([alive] * options.requests, port=port, width=8)
                each = (processor_seconds(port) - before) / len(answers)
                times = sorted(answer.seconds * 1000 for answer in answers)
                slow, slow_forms = (answered_beside_slow_clients(port, sent) for sent in (HEADER, FORM))
            print(
                f"{server!s:<14} {each * 1e6:>5.0f} µs of processor   {len(answers) / seconds:>7,.0f}/s"
                f"   p50 {times[len(times) // 2]:5.1f} ms   p99 {times[int(len(times) * 0.99)]:6.1f} ms"
                f"   beside slow headers {slow} of 3, beside slow forms {slow_forms} of 3",
                flush=True,
            )


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare web servers.")
    parser.add_argument("--requests", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=2)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(parse())
