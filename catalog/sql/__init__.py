"""The catalogue's SQL functions, one file each. A change needs a migration which installs the file again."""

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def load(name: str) -> str:
    """Return the text of `<name>.sql`. Read once, at import: a missing file fails at start, not during a sale."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
