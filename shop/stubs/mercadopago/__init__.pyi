from typing import Any

from mercadopago.config import RequestOptions
from mercadopago.http import HttpClient

class SDK:
    def __init__(
        self,
        access_token: str,
        http_client: HttpClient | None = None,
        request_options: RequestOptions | None = None,
    ) -> None: ...
    # A resource of the API for each name (`payment()`, `preference()`, ...), whose verbs give `MPResponse`.
    def __getattr__(self, name: str) -> Any: ...
