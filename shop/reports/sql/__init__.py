"""Statements of the reports, one file each: `changes.sql` is installed by a migration, the others are run."""

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def load(name: str) -> str:
    """Return the text of `<name>.sql`."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def statements(name: str) -> list[str]:
    """Return the statements of `<name>.sql`, each of which begins a line with CREATE, without its comments."""
    lines = [line for line in load(name).splitlines() if not line.startswith("--")]
    text = "\n".join(lines)
    return [f"CREATE {part.strip()}" for part in f"\n{text}".split("\nCREATE ")[1:]]
