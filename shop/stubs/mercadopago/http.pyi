from typing import Any

class HttpClient:
    def request(
        self, method: str, url: str, maxretries: int | None = None, **kwargs: Any
    ) -> dict[str, Any]: ...
