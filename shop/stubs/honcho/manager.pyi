from signal import Signals
from typing import Any

from honcho.printer import Printer
from honcho.process import Process

SIGNALS: dict[Signals, dict[str, Any]]

class Manager:
    returncode: int | None
    _process_ctor: type[Process]
    _processes: dict[str, dict[str, Any]]
    _terminating: bool
    def __init__(self, printer: Printer | None = None) -> None: ...
    def add_process(
        self,
        name: str,
        cmd: str,
        quiet: bool = False,
        env: dict[str, str] | None = None,
        cwd: str | None = None,
    ) -> Process: ...
    def loop(self) -> None: ...
    def _start(self) -> None: ...
    def _any_stopped(self) -> bool: ...
    def _killall(self, force: bool = False) -> None: ...
