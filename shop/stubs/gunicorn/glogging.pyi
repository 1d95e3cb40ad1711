from collections.abc import Callable, Mapping
from datetime import timedelta

from gunicorn.config import Config

class Logger:
    atoms_wrapper_class: Callable[[Mapping[str, object]], Mapping[str, object]]
    def __init__(self, cfg: Config) -> None: ...
    def atoms(
        self, resp: object, req: object, environ: Mapping[str, object], request_time: timedelta
    ) -> dict[str, object]: ...
    def access(
        self, resp: object, req: object, environ: Mapping[str, object], request_time: timedelta
    ) -> None: ...
