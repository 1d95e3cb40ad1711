class RequestOptions:
    access_token: str | None
    connection_timeout: float
    custom_headers: dict[str, str] | None
    max_retries: int
    def __init__(
        self,
        access_token: str | None = None,
        connection_timeout: float = 60.0,
        custom_headers: dict[str, str] | None = None,
        corporation_id: str | None = None,
        integrator_id: str | None = None,
        max_retries: int = 3,
        platform_id: str | None = None,
    ) -> None: ...
