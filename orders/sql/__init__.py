"""Statements of the orders as functions of the database, one file each; a change needs a migration that installs it."""

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def load(name: str) -> str:
    """Return the text of `<name>.sql`. Read by the migrations, and by the test that compares it with the database."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
