"""Calls to Envia.com: errors come with HTTP 200 and `meta: "error"` (docs/carriers/envia.md#errors)."""

from collections.abc import Mapping
from typing import Any, Final

from orders.shipping.carriers.base import CallError, Patience
from orders.shipping.carriers.http import HttpClient, Reply, refusal_of_account
from orders.shipping.carriers.reading import text

_REFUSED: Final = {401, 403}
SHIP: Final = "https://api.envia.com"
QUERIES: Final = "https://queries.envia.com"
GEOCODES: Final = "https://geocodes.envia.com"


class EnviaError(Exception):
    """Envia's own refusal: its number and its words."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(f"Envia {code}: {words}")
        self.code, self.words = code, words


class Client:
    """Its three hosts, with the account's token."""

    def __init__(self, *, token: str, ship: str, queries: str, geocodes: str, patience: Patience) -> None:
        self._ship = HttpClient("Envia", ship or SHIP, patience)
        self._queries = HttpClient("Envia's queries", queries or QUERIES, patience)
        self._geocodes = HttpClient("Envia's geocodes", geocodes or GEOCODES, patience)
        self._headers = {"Authorization": f"Bearer {token}"}

    def ship(self, path: str, body: object) -> list[Mapping[str, Any]]:
        """Make one POST below `/ship/`, never twice, and return the rows of its answer.

        Raises:
            EnviaError: Envia refused it; nothing was done.
            CallError: no answer, one that cannot be read, or a refused token.
        """
        return _rows(self._ship.send("POST", f"/ship/{path}/", body=body, headers=self._headers))

    def branches(self, carrier: str, country: str, postal_code: str) -> list[Mapping[str, Any]]:
        """Return a carrier's branches near a postal code; none for one that is not known."""
        query = {"zipcode": postal_code, "limitBranches": "10"}
        reply = self._queries.read(f"/branches/{carrier}/{country}", params=query, headers=self._headers)
        return _listed(reply)

    def locate(self, city: str, state: str, country: str) -> str:
        """Return the number by which Envia knows a city (of Colombia: DANE, eight digits), or ""."""
        body = {"city": city, "state": state, "country": country}
        reply = self._geocodes.send("POST", "/locate", body=body, headers=self._headers)
        found = reply.json()
        row = found[0] if isinstance(found, list) and found else found
        return text(row.get("city"), 20) if isinstance(row, Mapping) else ""

    def fetch(self, address: str) -> bytes:
        """Return a file, without the token: it is on another host."""
        reply = self._ship.read(address)
        return reply.body if reply.status == 200 else b""


def _rows(reply: Reply) -> list[Mapping[str, Any]]:
    if reply.status in _REFUSED:
        raise refusal_of_account("Envia", reply)
    found = reply.json()
    if not isinstance(found, Mapping):
        raise CallError(f"Envia answered no object: {reply.words}", permanent=False, maybe_done=True)
    if found.get("meta") == "error" or "error" in found:
        error = found.get("error")
        error = error if isinstance(error, Mapping) else {}
        raise EnviaError(text(error.get("code"), 20), text(error.get("message"), 300) or reply.words)
    data = found.get("data")
    rows = data if isinstance(data, list) else [data]
    if reply.status >= 400 or any(not isinstance(row, Mapping) for row in rows):
        raise CallError(f"Envia {reply.status}: {reply.words}", permanent=False, maybe_done=True)
    return list(rows)


def _listed(reply: Reply) -> list[Mapping[str, Any]]:
    if reply.status in _REFUSED:
        raise refusal_of_account("Envia", reply)
    found = reply.json()
    rows = found.get("data") if isinstance(found, Mapping) else found
    if reply.status >= 400 or not isinstance(rows, list):
        raise CallError(f"Envia {reply.status}: {reply.words}", permanent=False)
    return [row for row in rows if isinstance(row, Mapping)]
