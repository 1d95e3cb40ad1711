"""What the person at the terminal reads: steps with their time, and the box of addresses at the end."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Final

from honcho.printer import Message, Printer

from shop.demo.logins import DEMO_PASSWORD, LOGINS
from shop.demo.run.environment import Demo

# The supervisor's lines and the health checks' come from two threads; re-entrant, because signals print too.
_turn = threading.RLock()
BOLD, GREEN, RED, DIM, PLAIN = "\033[1m", "\033[32m", "\033[31m", "\033[2m", "\033[0m"


def paint(text: str, colour: str) -> str:
    """Return the text in colour where the output is a terminal."""
    return f"{colour}{text}{PLAIN}" if sys.stdout.isatty() else text


def say(text: str) -> None:
    """Print one line at once; a closed terminal must not leave servers running."""
    with _turn, contextlib.suppress(OSError, ValueError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step before it begins and print how long it took."""
    say(paint(f"▸ {title} …", BOLD))
    begun = time.monotonic()
    yield
    say(f"  {paint('✓', GREEN)} {title} {paint(f'({time.monotonic() - begun:.1f} s)', DIM)}")


def complain(sentence: str) -> None:
    """Print to stderr why it does not go on."""
    with contextlib.suppress(OSError, ValueError):
        colour, plain = (RED, PLAIN) if sys.stderr.isatty() else ("", "")
        sys.stderr.write(f"\n{colour}✗ {sentence}{plain}\n")
        sys.stderr.flush()


# A task that is asked every second, most often for nothing: its lines would hide all others.
_EVERY_SECOND: Final = "catalog.tasks.update_listing"


class SteadyPrinter(Printer):
    """honcho's printer of prefixed, coloured lines, which ignores a closed terminal and leaves out what never rests."""

    def write(self, message: Message) -> None:
        """Print one message of a process."""
        if _EVERY_SECOND in str(message.data):
            return
        with _turn, contextlib.suppress(OSError, ValueError):
            super().write(message)


def welcome(demo: Demo, seconds: float) -> str:
    """Return the box which is shown once every process answers."""
    rows = [
        f"Percha is open, after {seconds:.0f} s.",
        "",
        f"Shop      {demo.site_url}/",
        f"Admin     {demo.site_url}/admin/",
    ]
    if demo.has_sandbox:
        rows.append(f"Sandbox   {demo.sandbox_url}/_sandbox/   (pays, declines, breaks on demand)")
    rows += ["", f"Sign in with the password  {DEMO_PASSWORD}"]
    rows += [f"  {login.email:<22} {login.purpose}" for login in LOGINS]
    rows += ["", "Ctrl-C stops everything; the data stay. `make reset` begins anew."]
    return box(rows)


def box(rows: Sequence[str]) -> str:
    """Frame the rows."""
    width = max(map(len, rows))
    middle = [f"│  {row.ljust(width)}  │" for row in rows]
    return "\n".join(["", "╭" + "─" * (width + 4) + "╮", *middle, "╰" + "─" * (width + 4) + "╯", ""])
