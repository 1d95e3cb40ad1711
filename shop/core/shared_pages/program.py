"""What shapes every page besides its data: the settings, and the program with its templates and words."""

import time
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.functional import Promise

_KINDS: Final = frozenset({".py", ".html", ".txt", ".svg", ".css", ".js", ".mo"})
_ASIDE: Final = frozenset({"tests", "benchmarks", "docs", "migrations", "staticfiles", "node_modules"})
# While developing, files change under a running process: they are looked at so often.
_LOOK_SECONDS: Final = 2.0


def digest() -> str:
    """Return a digest of settings and program: a page that another release has made is never given."""
    return f"{_of_settings()}{_of_times(int(time.monotonic() / _LOOK_SECONDS)) if settings.DEBUG else _of_files()}"


@lru_cache(maxsize=1)
def _of_settings() -> str:
    found = sha256()
    for name in sorted(name for name in dir(settings) if name.isupper()):
        found.update(f"{name}={_as_text(getattr(settings, name))}".encode())
    return found.hexdigest()[:12]


def _as_text(value: Any) -> str:
    """Return a value so that every process writes the same: sets in order, of other objects the type alone.

    A sentence in the visitor's language is no setting by which pages differ.
    """
    if isinstance(value, Promise):
        return "sentence"
    if isinstance(value, dict):
        return repr(sorted((str(key), _as_text(one)) for key, one in value.items()))
    if isinstance(value, set | frozenset):
        return repr(sorted(_as_text(one) for one in value))
    if isinstance(value, list | tuple):
        return repr([_as_text(one) for one in value])
    found = repr(value)
    return type(value).__name__ if " at 0x" in found else found


@lru_cache(maxsize=1)
def _of_files() -> str:
    found = sha256()
    for path in _files():
        found.update(path.read_bytes())
    return found.hexdigest()[:12]


@lru_cache(maxsize=1)
def _of_times(_turn: int) -> str:
    last = max((path.stat().st_mtime_ns for path in _files(frozenset({".html", ".py"}))), default=0)
    return str(last)


def _files(kinds: frozenset[str] = _KINDS) -> Iterator[Path]:
    for folder in sorted(Path(settings.BASE_DIR).iterdir()):
        if folder.is_dir() and not folder.name.startswith(".") and folder.name not in _ASIDE:
            yield from sorted(
                path
                for path in folder.rglob("*")
                if path.suffix in kinds and not _ASIDE.intersection(path.relative_to(folder).parts)
            )


def _forget(**_what: Any) -> None:
    _of_settings.cache_clear()


setting_changed.connect(_forget)
