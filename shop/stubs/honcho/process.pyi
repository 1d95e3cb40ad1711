import subprocess
from collections.abc import Callable
from multiprocessing.queues import Queue
from typing import Any

from honcho.printer import Message

class Process:
    _child_ctor: Callable[..., subprocess.Popen[bytes]]
    def run(self, events: Queue[Message] | None = None, ignore_signals: bool = False) -> None: ...

class Popen(subprocess.Popen[bytes]):
    def __init__(self, cmd: str, **kwargs: Any) -> None: ...
