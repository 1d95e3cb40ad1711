"""Run the payment sandbox: ``manage.py sandbox --port 8002``."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from shop.sandbox.config import SandboxRefused
from shop.sandbox.server import configure, describe, start


class Command(BaseCommand):
    """Serve imitations of the payment providers on this machine until interrupted."""

    help = "Serve imitations of the payment providers on 127.0.0.1 (development and tests only)."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--port", type=int, default=8002, help="Port on 127.0.0.1 (default 8002).")
        parser.add_argument(
            "--data", type=Path, default=None, help="State file (default <data dir>/sandbox.sqlite3)."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Start the server and wait for Ctrl-C or SIGTERM.

        Raises:
            CommandError: DEBUG or SANDBOX_ENABLED is off, a setting is missing, or the port is taken.
        """
        try:
            config = configure(settings, data_path=options["data"])
            handle = start(config, port=options["port"])
        except SandboxRefused as refused:
            raise CommandError(str(refused)) from refused
        except OSError as error:
            raise CommandError(f"The sandbox cannot listen on port {options['port']}: {error}") from error
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        self.stdout.write(describe(handle))
        self.stdout.flush()
        try:
            stop.wait()
        except KeyboardInterrupt:
            self.stdout.write("Stopping.")
        finally:
            handle.stop()
