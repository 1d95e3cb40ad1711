"""HTTP as every carrier's module uses it: a time-out on each request, no redirects, no retry of a write, errors
told apart.

Whether an effect may have happened is the question that matters: a connection that was never made sent nothing;
one that broke afterwards, a time-out and a 5xx may have bought a label.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests
from requests.exceptions import ConnectionError as BrokenLine
from requests.exceptions import ConnectTimeout, RequestException
from urllib3.exceptions import HTTPError, NewConnectionError

from orders.shipping.carriers.base import CallError, Patience, Reason
from shop.core.json_types import Json
from shop.core.protection import lines
from shop.core.protection.deadline import seconds_left, timeouts

_PAUSES: Final = (0.5, 2.0)
_MOST_BYTES: Final = 5_000_000
_CHUNK: Final = 65_536
_TRANSIENT: Final = {408, 425, 429}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer below 500. Header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the decoded body.

        Raises:
            CallError: it is no JSON; what was asked for may have been done.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            message = f"answered no JSON ({self.status}): {self.words}"
            raise CallError(message, permanent=False, maybe_done=True) from error

    @property
    def words(self) -> str:
        """Return the beginning of the body for people and logs, in one line."""
        return " ".join(self.body[:400].decode("utf-8", "replace").split())


class HttpClient:
    """Calls to one host. Its `requests.Session` keeps no state but connections."""

    def __init__(self, name: str, base: str, patience: Patience) -> None:
        self.name, self.base = name, base.rstrip("/")
        self._patience = patience
        # Nothing of the environment (proxies, .netrc) decides where addresses of shoppers go.
        self._session = lines.session(base, of_environment=False)

    def read(self, path: str, **options: Any) -> Reply:
        """Ask by GET; again after a short pause as often as the patience allows."""
        for pause in _PAUSES[: self._patience.retries]:
            try:
                return self.send("GET", path, **options)
            except CallError as error:
                if error.permanent or error.code == CallError.TIMEOUT:
                    raise
            time.sleep(pause)
        return self.send("GET", path, **options)

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Reply:
        """Make one request, never twice. `path` may be a whole address.

        Raises:
            CallError: no answer, a 5xx, or a 429; `maybe_done` where the effect may have happened.
        """
        address = path if "://" in path else self.base + path
        try:
            with self._session.request(
                method,
                address,
                params=params,
                json=body,
                headers={"Accept": "application/json", **(headers or {})},
                auth=auth,
                timeout=timeouts(self._patience.timeout),
                allow_redirects=False,
                stream=True,
            ) as answer:
                content = self._content(answer)
        except (RequestException, HTTPError) as error:
            raise self._of_the_line(error) from error
        if answer.status_code >= 500:
            message = f"{self.name} {answer.status_code}"
            raise CallError(message, permanent=False, maybe_done=True, code=CallError.SERVER_ERROR)
        reply = Reply(
            answer.status_code, {name.lower(): text for name, text in answer.headers.items()}, content
        )
        if answer.status_code in _TRANSIENT:
            raise CallError(f"{self.name}: {reply.status}", permanent=False, code=str(reply.status))
        return reply

    def _content(self, answer: requests.Response) -> bytes:
        """Read the body up to a bound of size and of time: an endless one must fill neither memory nor slot."""
        content = bytearray()
        while chunk := answer.raw.read1(_CHUNK, decode_content=True):
            content += chunk
            if len(content) > _MOST_BYTES:
                raise CallError(f"{self.name} answered too much", permanent=False, maybe_done=True)
            seconds_left(self._patience.timeout)
        return bytes(content)

    def _of_the_line(self, error: Exception) -> CallError:
        reason = getattr(error.args[0], "reason", None) if error.args else None
        unreachable = isinstance(error, ConnectTimeout) or (
            isinstance(error, BrokenLine) and isinstance(reason, NewConnectionError)
        )
        code = CallError.UNREACHABLE if unreachable else CallError.TIMEOUT
        return CallError(
            f"{self.name}: {type(error).__name__}", permanent=False, maybe_done=not unreachable, code=code
        )


def refusal_of_account(name: str, reply: Reply) -> CallError:
    """Return the error of a refused key, user or contract."""
    return CallError(f"{name} {reply.status}: {reply.words}", permanent=True, reason=Reason.ACCOUNT)
