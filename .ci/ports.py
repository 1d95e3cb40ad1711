"""Say before a long installation that a port of `make run` is taken. Any Python runs it: standard library alone."""

import os
import re
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PORTS = {
    "PERCHA_WEB_PORT": (8000, "the shop"),
    "PERCHA_SANDBOX_PORT": (8002, "the payment sandbox"),
    "PERCHA_POSTGRES_PORT": (54325, "the embedded PostgreSQL"),
    "PERCHA_REDIS_PORT": (63795, "the embedded Redis"),
}


def main() -> int:
    """Print a sentence for each taken port and return 1; 0 when none is, or when everything is installed."""
    if (ROOT / ".venv" / "percha-installed").exists():
        return 0  # Nothing long is to come, and the demo itself says who has the port.
    taken = []
    for variable, (default, purpose) in PORTS.items():
        raw = os.environ.get(variable, "").strip() or in_dotenv(variable) or str(default)
        if raw.isdigit() and 0 < int(raw) < 65536 and not is_free(int(raw)):
            taken.append(
                f"Port {raw}, meant for {purpose}, is in use. Stop that program, or choose another port: "
                f"{variable}=… make run"
            )
    for sentence in taken:
        print(sentence, file=sys.stderr)
    return 1 if taken else 0


def in_dotenv(variable: str) -> str:
    """Return the variable's value in .env, or nothing."""
    path = Path(os.environ.get("PERCHA_DOTENV", ROOT / ".env"))
    found = re.search(rf"(?m)^{variable}=(\d+)\s*$", path.read_text()) if path.is_file() else None
    return found[1] if found else ""


def is_free(port: int) -> bool:
    """Tell whether a server could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
