from collections.abc import Mapping
from datetime import timedelta

from gunicorn.config import Config

class Logger:
    def __init__(self, cfg: Config) -> None: ...
    def atoms(
        self, resp: object, req: object, environ: Mapping[str, object], request_time: timedelta
    ) -> dict[str, object]: ...
    def access(
        self, resp: object, req: object, environ: Mapping[str, object], request_time: timedelta
    ) -> None: ...
