"""Calls to Andreani: a token that lives a day, renewed once when it is refused (docs/carriers/andreani.md#access)."""

import threading
import time
from typing import Any, Final

from orders.shipping.carriers.base import CallError, NotFoundAtProvider, Patience
from orders.shipping.carriers.http import HttpClient, Reply, refusal_of_account

_HEADER: Final = "x-authorization-token"
# It lives 24 hours; a clock that differs must not make us use a dead one.
_TOKEN_SECONDS: Final = 20 * 3600
_REFUSED: Final = {401, 403}

HOST: Final = "https://apis.andreani.com"


class Client:
    """One per process and patience. The token stays in this process' memory: it is a secret."""

    def __init__(self, *, base: str, user: str, password: str, patience: Patience) -> None:
        self._http = HttpClient("Andreani", base or HOST, patience)
        self._user, self._password = user, password
        self._lock = threading.Lock()
        self._token, self._until = "", 0.0

    def read(self, path: str, **options: Any) -> Reply:
        """Ask by GET, with the token.

        Raises:
            NotFoundAtProvider: 404.
            CallError: as `HttpClient.send`; a token that is refused twice is a permanent one.
        """
        return self._with_token(lambda headers: self._http.read(path, headers=headers, **options))

    def write(self, path: str, body: object) -> Reply:
        """Make one POST, never twice: Andreani has no idempotency keys. Only a refused token is renewed and
        tried again.
        """
        return self._with_token(lambda headers: self._http.send("POST", path, body=body, headers=headers))

    def _with_token(self, call: Any) -> Reply:
        reply: Reply = call({_HEADER: self._current()})
        if reply.status in _REFUSED:
            # A refused request did nothing: it may be sent again with a new token.
            reply = call({_HEADER: self._current(renew=True)})
        if reply.status in _REFUSED:
            raise refusal_of_account("Andreani", reply)
        if reply.status == 404:
            raise NotFoundAtProvider(f"Andreani 404: {reply.words}")
        return reply

    def _current(self, *, renew: bool = False) -> str:
        with self._lock:
            if self._token and not renew and time.monotonic() < self._until:
                return self._token
        reply = self._login()
        token = reply.headers.get(_HEADER, "")
        if reply.status in _REFUSED or (reply.status < 400 and not token):
            raise refusal_of_account("Andreani", reply)
        if not token:
            raise CallError(f"Andreani {reply.status} at the login: {reply.words}", permanent=False)
        with self._lock:
            self._token, self._until = token, time.monotonic() + _TOKEN_SECONDS
        return token

    def _login(self) -> Reply:
        """Ask for a token. Nothing was bought when that fails, however it fails."""
        try:
            return self._http.send("GET", "/login", auth=(self._user, self._password))
        except CallError as error:
            raise CallError(str(error), permanent=error.permanent, code=error.code) from error
