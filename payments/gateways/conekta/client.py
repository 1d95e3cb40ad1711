"""Calls of the SDK with a time-out each, returning plain dictionaries and raising only `GatewayError`."""

import json
import time
from collections.abc import Callable
from typing import Any, Final

import conekta
import urllib3
from conekta.exceptions import ApiException
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError

from payments.gateways.base import GatewayError, NotFoundAtProvider, Patience
from payments.gateways.refusals import reason_of
from shop.core.json_types import JsonObject
from shop.core.protection import lines
from shop.core.protection.deadline import timeouts

Timeout = tuple[float, float]
Call = Callable[[conekta.OrdersApi, Timeout], Any]
_HOST: Final = "https://api.conekta.io"
_PAUSES = (0.5, 2.0)
_TRANSIENT: Final = {408, 409, 423, 425, 429}


class Client:
    """One `ApiClient` per process and patience; urllib3's pool beneath it may be used from any thread.

    The SDK has no time-out of its own, so each call brings one. Its typed models refuse values that are newer than
    they, so every call is made `without_preload_content` and read as JSON (docs/providers/conekta.md#sdk).
    """

    def __init__(self, *, token: str, base: str, patience: Patience) -> None:
        # Without this urllib3 itself asks three times more, each with the whole time-out.
        once = urllib3.Retry(0, redirect=0)
        configuration = conekta.Configuration(
            access_token=token, host=base.rstrip("/") or _HOST, retries=once
        )
        client = conekta.ApiClient(configuration)
        lines.keep(client.rest_client.pool_manager)
        self._orders = conekta.OrdersApi(client)
        self._timeout = float(patience.timeout)
        self._retries = patience.retries

    def read(self, call: Call) -> JsonObject:
        """Make a GET; ask again after a short pause as often as the patience allows."""
        for pause in _PAUSES[: self._retries]:
            try:
                return self.write(call)
            except NotFoundAtProvider:
                raise
            except GatewayError as error:
                if error.permanent:
                    raise
            time.sleep(pause)
        return self.write(call)

    def write(self, call: Call) -> JsonObject:
        """Make one call, never twice: Conekta has no idempotency keys. Return its JSON.

        Raises:
            NotFoundAtProvider: 404.
            GatewayError: anything else that is not 2xx, and every failure of the connection.
        """
        try:
            answer = call(self._orders, timeouts(self._timeout))
            body = bytes(answer.data)  # Read to the end, the connection goes back to the pool.
            if not 200 <= answer.status < 300:
                text = body.decode("utf-8", "replace")
                # Without preloading the SDK never raises by itself; this is its own table of errors.
                ApiException.from_response(http_resp=answer, body=text, data=None)
            found = json.loads(body)
        except ApiException as error:
            raise _translated(error) from error
        except HTTPError as error:
            raise _of_the_line(error) from error
        except ValueError as error:
            raise GatewayError("Conekta answered no JSON", permanent=False, maybe_done=True) from error
        if not isinstance(found, dict):
            raise GatewayError("Conekta answered no object", permanent=False, maybe_done=True)
        return found


def _of_the_line(error: HTTPError) -> GatewayError:
    """Distinguish a connection that was never made (nothing was sent) from one that broke after the request."""
    cause = error.reason if isinstance(error, MaxRetryError) else error
    unreachable = isinstance(cause, NewConnectionError | ConnectTimeoutError)
    code = GatewayError.UNREACHABLE if unreachable else GatewayError.TIMEOUT
    return GatewayError(f"Conekta line: {cause}", permanent=False, maybe_done=not unreachable, code=code)


def _translated(error: ApiException) -> GatewayError:
    """Turn the SDK's error into ours, by status and the first detail's code."""
    status, code, words, param = int(error.status or 0), "", "", ""
    try:
        first = json.loads(error.body or "")["details"][0]
        code, words = str(first.get("code") or ""), str(first.get("message") or "")
        param = str(first.get("param") or "")
    except (ValueError, LookupError, TypeError, AttributeError):
        words = str(error.reason or "")
    message = f"Conekta {status}: {words or 'no message'} ({code or status})"
    if status == 404:
        return NotFoundAtProvider(message)
    if status >= 500:
        return GatewayError(message, permanent=False, maybe_done=True, code=GatewayError.SERVER_ERROR)
    reason = reason_of(status, param, code, words)
    return GatewayError(message, permanent=status not in _TRANSIENT, code=code or str(status), reason=reason)
