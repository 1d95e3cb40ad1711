"""Make the virtual environment and install the pinned requirements, only when they have changed.

Run by whatever Python there is: it uses the standard library alone. Usage: python .ci/install.py .venv
"""

import hashlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = [ROOT / "requirements.txt", ROOT / "requirements-dev.txt"]
STAMP = "percha-installed"


def main(venv: Path) -> int:
    """Bring the environment up to date; return the exit code."""
    python = venv / "bin" / "python"
    if not works(python) and not create(venv):
        return 1
    wanted = fingerprint(python)
    stamp = venv / STAMP
    if not (stamp.exists() and stamp.read_text() == wanted):
        if not install(python):
            return 1
        stamp.write_text(wanted)
    return compile_catalogues(python)


def works(python: Path) -> bool:
    """Tell whether the environment's Python runs and has pip."""
    if not python.exists():
        return False
    return subprocess.run([python, "-c", "import pip"], capture_output=True, check=False).returncode == 0


def create(venv: Path) -> bool:
    """Make the environment with the Python that runs this; say what is missing when it cannot."""
    print(f"▸ Making {venv} with Python {sys.version.split()[0]} …", flush=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", venv], capture_output=True, text=True, check=False
    )
    if made.returncode == 0:
        return True
    print((made.stdout + made.stderr).strip(), file=sys.stderr)
    print(
        f"\nThe virtual environment {venv} could not be made (see above). On Debian and Ubuntu the module is a package "
        "of its own: apt-get install python3-venv. If the folder may not be written, make it writable.",
        file=sys.stderr,
    )
    return False


def fingerprint(python: Path) -> str:
    """Return what the installed packages depend on: the pins, and the Python that they were installed for."""
    version = subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout
    digest = hashlib.sha256(version.encode())
    for path in [*REQUIREMENTS, Path(__file__)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def install(python: Path) -> bool:
    """Install the pins with plain pip, counting aloud; print pip's own words when it fails.

    Each file is refused whose digest is not the one in the requirements.
    """
    total = len(re.findall(r"^\w", REQUIREMENTS[1].read_text(), re.MULTILINE))
    print(f"▸ Installing {total} pinned packages (once, a few minutes on a slow line) …", flush=True)
    begun = time.monotonic()
    command = [
        python,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--require-hashes",
        # A run on CI imports a part of what it installs, once: compiling the rest costs more than it saves.
        *(["--no-compile"] if os.environ.get("CI") else []),
        "-r",
        REQUIREMENTS[1],
    ]
    lines: list[str] = []
    found = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
    ) as pip:
        for line in pip.stdout or []:
            lines.append(line)
            if line.startswith(("Collecting ", "Requirement already satisfied")):
                found += 1
                show(
                    f"  {min(found, total)}/{total} {line.split()[1] if line.startswith('Coll') else ''}",
                    found,
                )
            elif line.startswith("Installing collected"):
                show("  unpacking …", 0)
    if sys.stdout.isatty():
        print()
    if pip.returncode == 0:
        print(f"  ✓ installed ({time.monotonic() - begun:.0f} s)", flush=True)
        return True
    print("".join(lines[-25:]), file=sys.stderr)
    print(
        "The packages could not be installed (pip's words stand above). Nothing else was changed.",
        file=sys.stderr,
    )
    return False


def show(text: str, count: int) -> None:
    """Rewrite one line on a terminal; elsewhere print every twentieth."""
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="", flush=True)
    elif count % 20 == 0:
        print(text, flush=True)


def compile_catalogues(python: Path) -> int:
    """Compile the translations that changed; GNU gettext is not needed for it."""
    if not (ROOT / "locale").is_dir():
        return 0
    return subprocess.run(
        [python, "-m", "shop.core.translations.compilation"], cwd=ROOT, check=False
    ).returncode


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python .ci/install.py .venv")
    try:
        sys.exit(main(Path(sys.argv[1])))
    except KeyboardInterrupt:
        sys.exit(130)
