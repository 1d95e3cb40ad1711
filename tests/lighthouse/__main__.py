"""`make lighthouse`: six pages of a production shop on Lighthouse's phone. Ends with status 1 when a target is missed.

The targets, and how they are reached, are in docs/performance.md. Reports to read stay in `.data/lighthouse/reports`:
https://googlechrome.github.io/lighthouse/viewer/ shows them.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from shop.demo.services import FolderLock
from tests.lighthouse import reports
from tests.lighthouse.site import HOST, ROOT, Site
from tests.support.browser import find_chromium

HERE: Final = Path(__file__).parent
NEEDED: Final = {"node": "nodejs", "npm": "npm", "nginx": "nginx-light"}
OLDEST_NODE: Final = 18
# A page takes some 15; on a busy machine many times that.
PAGE_SECONDS: Final = 300


def programs() -> dict[str, str]:
    """Return where the programs are that no wheel brings.

    Raises: SystemExit saying what to install.
    """
    path = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin:/usr/bin:/usr/local/bin"
    found = {name: shutil.which(name, path=path) for name in NEEDED} | {"chromium": find_chromium()}
    missing = [NEEDED.get(name, name) for name, place in found.items() if place is None]
    if missing:
        say(f"make lighthouse needs {', '.join(missing)}: apt-get install {' '.join(missing)}")
        if "chromium" in missing:
            say("Another Chromium or Chrome is named by CHROMIUM=/path/to/it.")
        sys.exit(1)
    places = {name: place for name, place in found.items() if place is not None}
    said = subprocess.run([places["node"], "--version"], capture_output=True, text=True, check=True).stdout
    if int(said.strip().lstrip("v").partition(".")[0]) < OLDEST_NODE:
        say(f"make lighthouse needs node {OLDEST_NODE} or newer; {places['node']} is {said.strip()}.")
        sys.exit(1)
    return places


def install(folder: Path, npm: str) -> Path:
    """Install the Lighthouse that package-lock.json pins, once; return its program.

    Raises: SystemExit with npm's own words.
    """
    place = folder / "npm"
    names = ("package.json", "package-lock.json")
    program = place / "node_modules" / "lighthouse" / "cli" / "index.js"
    if program.is_file() and all((place / name).read_bytes() == (HERE / name).read_bytes() for name in names):
        return program
    say("Installing Lighthouse …")
    place.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(HERE / name, place / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode:
        why = "\n".join(done.stderr.strip().splitlines()[:8])
        say(f"npm could not install Lighthouse; it needs the npm registry the first time.\n{why}")
        sys.exit(1)
    return program


class Lighthouse:
    """The program, the browser it drives, and the folder of its reports."""

    def __init__(self, program: Path, found: Mapping[str, str], site: Site) -> None:
        self.program, self.found, self.site = program, found, site
        self.folder = site.folder / "reports"
        self.folder.mkdir(exist_ok=True)

    def judge(self, page: str, path: str, cookies: str, turn: int) -> reports.Report:
        """Open a page with an empty cache on an emulated phone with a slow connection; return what was found.

        Raises: reports.NotRecorded; SystemExit with Lighthouse's words.
        """
        headers = self.folder / "headers.json"
        headers.write_text(json.dumps({"Cookie": cookies} if cookies else {}))
        output = self.folder / f"{page}-{turn}.json"
        output.unlink(missing_ok=True)
        flags = [
            *("--headless=new", "--disable-gpu", "--no-proxy-server", "--ignore-certificate-errors"),
            f'--host-resolver-rules="MAP {HOST}:443 127.0.0.1:{self.site.port}"',
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            flags.append("--no-sandbox")
        command = [self.found["node"], str(self.program), self.site.url + path, "--quiet"]
        command += ["--output", "json", "--output-path", str(output), "--extra-headers", str(headers)]
        command.append(f"--chrome-flags={' '.join(flags)}")
        environment = os.environ | {"CHROME_PATH": self.found["chromium"]}
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PAGE_SECONDS,
            check=False,
        )
        if done.returncode:
            reports.refuse_unrecorded(done.stderr)
            raise SystemExit(f"Lighthouse could not judge {path}:\n{done.stderr.strip()}")
        return reports.read(json.loads(output.read_text()))


def data() -> Path:
    """Return the folder in which everything of these runs lies; it can be deleted."""
    chosen = os.environ.get("PERCHA_DATA_DIR")
    folder = (Path(chosen).expanduser().resolve() if chosen else ROOT / ".data") / "lighthouse"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(prog="make lighthouse", description="Lighthouse on six pages.")
    parser.add_argument(
        "--runs", type=int, default=1, help="how often each page is opened; medians are shown"
    )
    parser.add_argument("--pages", nargs="*", choices=reports.PAGES, help="only these of the six")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(130))
    found, folder = programs(), data()
    lock = FolderLock(folder)
    if not lock.acquire():
        say(f"Another run (process {lock.owner()}) uses {folder}.")
        return 1
    program = install(folder, found["npm"])
    say("Starting the shop; the first time its photographs are taken, which takes minutes …")
    site, judged = Site(folder, found), dict[str, reports.Report]()
    unrecorded = list[str]()
    with site.running():
        lighthouse = Lighthouse(program, found, site)
        for page, (path, cookies) in site.pages().items():
            if options.pages and page not in options.pages:
                continue
            say(f"{page}: {path}")
            runs = [
                partial(lighthouse.judge, page, path, cookies, turn) for turn in range(1, options.runs + 1)
            ]
            try:
                judged[page] = reports.middle([reports.recorded(run, say) for run in runs])
            except reports.NotRecorded as error:
                say(f"MISSED: {page}: could not be recorded ({error}), run {reports.TRIES} times")
                unrecorded.append(page)
    for line in reports.table(judged):
        say(line)
    wrong = [f"{page}: {words}" for page, report in judged.items() for words in reports.missed(page, report)]
    for page, report in judged.items():
        if report.faults:
            say(f"{page}: points were lost by {', '.join(report.faults)}")
    for line in wrong:
        say(f"MISSED: {line}")
    return 1 if wrong or unrecorded else 0


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
