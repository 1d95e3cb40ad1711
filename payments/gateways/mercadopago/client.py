"""Calls of the SDK with short time-outs and no retries but our own, raising only `GatewayError`."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import mercadopago
import requests
from mercadopago.config import RequestOptions
from mercadopago.errors import MercadoPagoError, MPResponse, MPServerError
from mercadopago.http import HttpClient

from payments.gateways.base import GatewayError, NotFoundAtProvider, Patience
from payments.gateways.errors import NOT_REFUNDABLE
from payments.gateways.refusals import reason_of
from shop.core.json_types import Json, JsonObject
from shop.core.protection import lines
from shop.core.protection.deadline import timeouts

Call = Callable[[mercadopago.SDK, RequestOptions], MPResponse]
_HOST = "https://api.mercadopago.com"
_PAUSES = (0.5, 2.0)
# Codes of docs/providers/mercadopago.md#refunds: too old, an operation or payment of a kind that cannot be refunded.
_NOT_REFUNDABLE = {"2024", "2025"}
# Not enough money in the account yet; "does not support to be refunded", measured as passing.
_PASSING = {"2030", "2031", "2084"}
_TRANSIENT_STATUS = {408, 409, 423, 424, 429}


class Transport(HttpClient):
    """Sends every call to `base` (empty: the real API) and waits `timeout` seconds at most, less when time runs out.

    The SDK has no setting for its address; subclassing its client is the supported way
    (docs/providers/mercadopago.md#sdk). Its own request would make a session, and a connection, for each call.
    """

    def __init__(self, base: str, timeout: float) -> None:
        self._base = base.rstrip("/")
        self._timeout = timeout
        self._session = lines.session(self._base or _HOST)

    def request(self, method: str, url: str, maxretries: int | None = None, **kwargs: Any) -> JsonObject:
        """Make one request, never twice: the SDK's retries are for https only and wait up to 240 s."""
        if self._base:
            parts = urlsplit(url)
            url = self._base + parts.path + (f"?{parts.query}" if parts.query else "")
        options = {name: kwargs[name] for name in ("headers", "params", "data") if name in kwargs}
        answer = lines.ask(self._session, method, url, timeout=timeouts(self._timeout), **options)
        if answer.status_code == 204 or not answer.content:
            return {"status": answer.status_code, "response": None}
        try:
            return {"status": answer.status_code, "response": answer.json()}
        except ValueError as error:
            words = {"message": "Invalid JSON in response body", "error": "invalid_response"}
            raise MPServerError(answer.status_code, words) from error


class Client:
    """One SDK per process and patience. Safe from any thread: they share connections, and nothing else."""

    def __init__(self, *, token: str, base: str, patience: Patience) -> None:
        self._token = token
        self._retries = patience.retries
        self._timeout = float(patience.timeout)  # An int raises ValueError in the SDK.
        self._sdk = mercadopago.SDK(
            token, http_client=Transport(base, self._timeout), request_options=self._options()
        )

    def _options(self, idempotency_key: str = "") -> RequestOptions:
        """Return options for one call.

        The SDK writes its token into the object it is given, so none is ever shared. Without a key of our own it
        invents one per call, and a retried refund would be a second one (docs/providers/mercadopago.md#idempotency).
        """
        headers = {"x-idempotency-key": idempotency_key} if idempotency_key else None
        return RequestOptions(
            access_token=self._token, connection_timeout=self._timeout, max_retries=0, custom_headers=headers
        )

    def read(self, call: Call) -> Json:
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

    def write(self, call: Call, idempotency_key: str = "") -> Json:
        """Make one call, never twice; return its JSON, None for an empty body.

        Raises:
            NotFoundAtProvider: 404.
            GatewayError: anything else that is not 2xx, and every failure of the connection.
        """
        try:
            result = call(self._sdk, self._options(idempotency_key))
            if not isinstance(result.get("response"), dict | list):
                result["response"] = None
            # The SDK never raises on HTTP errors by itself (docs/providers/mercadopago.md#sdk).
            if not result.is_success and not isinstance(result["response"], dict):
                result["response"] = {}
            result.raise_for_status()
        except MercadoPagoError as error:
            raise _translated(error) from error
        except requests.exceptions.ConnectTimeout as error:
            raise GatewayError(str(error), permanent=False, code=GatewayError.UNREACHABLE) from error
        except requests.exceptions.RequestException as error:
            # A time-out or a broken connection after the request was sent: it may have been carried out.
            refused = "refused" in str(error).lower()
            code = GatewayError.UNREACHABLE if refused else GatewayError.TIMEOUT
            raise GatewayError(str(error), permanent=False, maybe_done=not refused, code=code) from error
        return result["response"]


def _translated(error: MercadoPagoError) -> GatewayError:
    """Turn the SDK's error into ours, by status and `cause[0].code` (the `cause` may be null)."""
    status = int(error.status_code or 0)
    causes = error.causes if isinstance(error.causes, list) else []
    first = causes[0] if causes and isinstance(causes[0], dict) else {}
    code = str(first.get("code") or error.error or status)
    message = f"Mercado Pago {status}: {error.message or error.error or 'no message'} ({code})"
    if status == 404:
        return NotFoundAtProvider(message)
    if isinstance(error, MPServerError) or status >= 500:
        return GatewayError(message, permanent=False, maybe_done=True, code=GatewayError.SERVER_ERROR)
    if code in _NOT_REFUNDABLE:
        return GatewayError(message, permanent=True, code=NOT_REFUNDABLE)
    if status in _TRANSIENT_STATUS or code in _PASSING:
        return GatewayError(message, permanent=False, code=code)
    words = (str(error.error or ""), str(first.get("description") or ""), str(error.message or ""))
    return GatewayError(message, permanent=True, code=code, reason=reason_of(status, *words))
