"""Compile the translation catalogues (.po to .mo) that have changed, with Babel: GNU gettext is not needed to run.

`python -m shop.core.translations.compilation` does it by hand; the demo and the tests do it before they begin.
"""

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

ROOT = Path(__file__).resolve().parents[3]


def compile_catalogues(root: Path = ROOT) -> list[Path]:
    """Write each .mo below `root/locale` that is older than its .po; return those written.

    Fuzzy and empty entries are left out, so that gettext falls back to the English sentence.
    Raises: babel's PoFileError for a catalogue that cannot be read.
    """
    written = []
    for source in sorted(root.glob("locale/*/LC_MESSAGES/*.po")):
        if _is_compiled(source):
            continue
        target = source.with_suffix(".mo")
        with source.open("rb") as stream:
            catalogue = read_po(stream, locale=source.parents[1].name, abort_invalid=True)
        fresh = target.with_suffix(".mo.new")
        with fresh.open("wb") as stream:
            write_mo(stream, catalogue)
        fresh.replace(target)
        written.append(target)
    return written


def uncompiled(root: Path = ROOT) -> list[str]:
    """Return the languages whose .mo is missing or older than its .po: their pages would be partly in English."""
    sources = root.glob("locale/*/LC_MESSAGES/*.po")
    return sorted({source.parents[1].name for source in sources if not _is_compiled(source)})


def _is_compiled(source: Path) -> bool:
    target = source.with_suffix(".mo")
    return target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns


def main() -> int:
    """Compile, and name the catalogue that cannot be read; return the exit code."""
    try:
        compile_catalogues()
    except (PoFileError, OSError) as error:
        sys.stderr.write(f"A translation catalogue below locale/ could not be compiled: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
