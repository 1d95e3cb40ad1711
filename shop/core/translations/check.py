"""Find what a translation catalogue lacks: untranslated, fuzzy or outdated sentences, and placeholders that differ.

The sentences are collected again from the code and the templates with Django's `makemessages` (GNU xgettext) into a
temporary folder, so that the check compares with the present code and not with the catalogues.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

IGNORED = (".venv", ".data", "node_modules", "staticfiles", "tests", "benchmarks", "docs")
_PLACEHOLDER = re.compile(
    r"%\((\w+)\)[#0\- +]?\d*(?:\.\d+)?[sdifeEgGr]|%[sdi]|\{(\w*)(?:![rsa])?(?::[^{}]*)?\}"
)
_MARKUP = re.compile(r"</?[a-zA-Z][^>]*>")


class ExtractionFailed(Exception):
    """The sentences could not be collected; the message says why and what to install."""


def collect_sentences(root: Path) -> dict[str, Catalog]:
    """Return the sentences of the project by domain (`django`, `djangojs`), collected by xgettext.

    Raises: ExtractionFailed when GNU gettext is missing or cannot read a file.
    """
    if shutil.which("xgettext") is None:
        raise ExtractionFailed(
            "The translations check collects sentences with xgettext, which is not installed. "
            "Install GNU gettext (Debian: apt-get install gettext)."
        )
    with tempfile.TemporaryDirectory(prefix="percha-messages-") as folder:
        mirror = Path(folder) / "project"
        _mirror(root, mirror)
        return {domain: _extract(mirror, domain) for domain in ("django", "djangojs")}


def _mirror(root: Path, mirror: Path) -> None:
    """Link the project's folders into an empty one with a locale folder of its own."""
    (mirror / "locale").mkdir(parents=True)
    for path in root.iterdir():
        if path.name == "locale" or path.name in IGNORED or path.name.startswith("."):
            continue
        if path.is_dir():
            skipped = shutil.ignore_patterns("tests", "__pycache__", "vendor", "*.pyc", "fonts", "img")
            shutil.copytree(path, mirror / path.name, ignore=skipped)
        elif path.suffix == ".py":
            shutil.copy(path, mirror / path.name)


def _extract(mirror: Path, domain: str) -> Catalog:
    """Run makemessages inside the mirror and read the template it leaves."""
    # Without settings makemessages uses the locale folder in the working directory: the mirror's, never the project's.
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    command = [
        sys.executable,
        "-m",
        "django",
        "makemessages",
        "--keep-pot",
        "--locale",
        "xx",
        "--domain",
        domain,
    ]
    if domain == "django":
        command += ["--extension", "html,txt,py"]
    done = subprocess.run(command, cwd=mirror, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ExtractionFailed(f"makemessages failed: {(done.stderr or done.stdout).strip()}")
    template = mirror / "locale" / f"{domain}.pot"
    if not template.exists():
        return Catalog(domain=domain)
    # xgettext leaves a blank to fill in, which is no number.
    text = template.read_bytes().replace(
        b"nplurals=INTEGER; plural=EXPRESSION", b"nplurals=2; plural=(n != 1)"
    )
    return read_po(io.BytesIO(text), domain=domain)


def problems(sentences: Catalog, translated: Catalog) -> Iterator[str]:
    """Yield one line for each sentence that the catalogue does not translate faithfully."""
    for message in sentences:
        if not message.id:
            continue
        found = translated.get(message.id, message.context)
        place = ", ".join(f"{path}:{line}" for path, line in message.locations[:2])
        title = f"{_first(message)!r} ({place})"
        if found is None or not _is_complete(found):
            yield f"not translated: {title}"
        elif found.fuzzy:
            yield f"fuzzy: {title}"
        elif found.pluralizable != message.pluralizable:
            # Nobody finds it then, and GNU gettext does not read the catalogue.
            yield f"one has a plural and the other none: {title}"
        elif difference := _difference(message, found):
            yield f"{difference}: {title}"


def outdated(sentences: Catalog, translated: Catalog) -> list[str]:
    """Return the sentences which the catalogue still translates although the code has them no more."""
    return [_first(m) for m in translated if m.id and sentences.get(m.id, m.context) is None]


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def _is_complete(message: Message) -> bool:
    forms = _forms(message)
    return bool(forms) and all(form.strip() for form in forms)


def placeholders(text: str) -> Counter[str]:
    """Count the placeholders of a sentence: `%(name)s`, `%s`, `{name}`; `%%` is a per cent sign."""
    return Counter(match.group() for match in _PLACEHOLDER.finditer(text.replace("%%", "")))


def _difference(message: Message, found: Message) -> str:
    """Return which placeholders or tags a translation lost or gained; empty when they match.

    A plural form may leave a number out ("one unit"), so the forms of a plural are compared with the union.
    """
    originals = [message.id] if isinstance(message.id, str) else list(message.id)
    wanted = [set(placeholders(text)) for text in originals]
    tags = sorted(_MARKUP.findall(originals[-1]))
    for form in _forms(found):
        given = set(placeholders(form))
        if given - set().union(*wanted) or not any(one <= given for one in wanted):
            return f"placeholders differ ({form!r})"
        if len(originals) == 1 and sorted(_MARKUP.findall(form)) != tags:
            return f"markup differs ({form!r})"
        if form.startswith("\n") != originals[0].startswith("\n") or form.endswith("\n") != originals[
            0
        ].endswith("\n"):
            return f"line breaks at the ends differ ({form!r})"
    return ""
