"""A stub of Mercado Pago for benchmarks, as a process of its own: it answers after a pause and costs next to nothing.

It knows preferences, their payments and nothing else; `pay` lets a preference be paid. `arrivals` tells when each
request for a preference came (seconds of the machine's monotonic clock).
"""

import asyncio
import json
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

COLLECTOR: Final = 1234567890


@dataclass
class Stub:
    """The state of the stub's process. `pause`: seconds before a preference is made."""

    pause: float
    preferences: dict[str, dict[str, Any]] = field(default_factory=dict)
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    arrivals: list[float] = field(default_factory=list)

    async def answer(self, method: str, address: str, body: bytes) -> tuple[int, object]:
        parts = urlsplit(address)
        path = parts.path.removeprefix("/mp")
        key = path.rpartition("/")[2]
        if path == "/_arrivals":
            return 200, self.arrivals
        if path == "/checkout/preferences" and method == "POST":
            return await self._prefer(json.loads(body))
        if path.startswith("/checkout/preferences/"):
            found = self.preferences.get(key)
            return (200, found) if found else (404, {"message": "not found"})
        if path.startswith("/_pay/"):
            return 200, self._pay(key)
        if path == "/v1/payments/search":
            return 200, self._search(parse_qs(parts.query).get("external_reference", [""])[0])
        if path.startswith("/v1/payments/") and key in self.payments:
            return 200, self.payments[key]
        return 404, {"message": "not found"}

    async def _prefer(self, wanted: dict[str, Any]) -> tuple[int, object]:
        self.arrivals.append(time.monotonic())
        await asyncio.sleep(self.pause)
        key = f"{COLLECTOR}-{uuid4()}"
        made = {**wanted, "id": key, "init_point": f"https://pay.example.com/{key}"}
        self.preferences[key] = made
        return 201, made

    def _pay(self, preference: str) -> dict[str, Any]:
        wanted = self.preferences[preference]
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        total = sum(float(item["unit_price"]) * item["quantity"] for item in wanted["items"])
        payment = {
            "id": time.time_ns(),
            "status": "approved",
            "status_detail": "accredited",
            "date_created": now,
            "date_approved": now,
            "date_last_updated": now,
            "payment_method_id": "visa",
            "payment_type_id": "credit_card",
            "currency_id": wanted["items"][0]["currency_id"],
            "transaction_amount": total + float((wanted.get("shipments") or {}).get("cost") or 0),
            "transaction_amount_refunded": 0,
            "installments": 1,
            "external_reference": wanted["external_reference"],
            "collector_id": COLLECTOR,
            "live_mode": True,
            "refunds": [],
        }
        self.payments[str(payment["id"])] = payment
        return {"id": payment["id"], "back": wanted["back_urls"]["success"]}

    def _search(self, reference: str) -> dict[str, Any]:
        found = [one for one in self.payments.values() if one["external_reference"] == reference]
        return {"results": found, "paging": {"total": len(found), "limit": 50, "offset": 0}}


async def _serve(stub: Stub, ready: Connection) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                method, address, _version = head.split("\r\n", 1)[0].split(" ")
                lower = head.lower()
                length = (
                    int(lower.partition("content-length:")[2].split("\r\n")[0])
                    if "content-length:" in lower
                    else 0
                )
                status, answer = await stub.answer(method, address, await reader.readexactly(length))
                payload = json.dumps(answer).encode()
                writer.write(
                    f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(payload)}\r\n\r\n".encode()
                )
                writer.write(payload)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=512)
    ready.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _run(pause: float, ready: Connection) -> None:
    asyncio.run(_serve(Stub(pause), ready))


@contextmanager
def provider(*, pause: float) -> Iterator[str]:
    """Run the stub, which makes a preference after so many seconds; yield its address."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(pause, there), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join(20)
