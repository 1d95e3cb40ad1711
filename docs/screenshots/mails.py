"""Photograph mails, as light and dark programs show them, on a phone and wider.

    MAILS_TO=/tmp/mails python -m pytest -n 0 orders/tests/test_mails.py
    python -m docs.screenshots.mails /tmp/mails        # /tmp/mails/<mail>-<light|dark>-<width>.png

They are for looking at, and not kept in the repository.
"""

import argparse
from pathlib import Path

from playwright.sync_api import sync_playwright

from docs.screenshots.__main__ import FLAGS, chromium

WIDTHS = (390, 700)
SCHEMES = ("light", "dark")


def main() -> None:
    """Photograph every page of a folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="names that contain this")
    given = parser.parse_args()
    pages = [page for page in sorted(given.folder.glob("*.html")) if given.only in page.name]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for scheme in SCHEMES:
            for width in WIDTHS:
                window = browser.new_page(viewport={"width": width, "height": 600}, color_scheme=scheme)
                for page in pages:
                    window.set_content(page.read_text())
                    wide = window.evaluate("document.documentElement.scrollWidth")
                    if wide > width:
                        print(f"{page.name}: {wide} px wide in a window of {width}")
                    path = page.with_name(f"{page.stem}-{scheme}-{width}.png")
                    window.screenshot(path=path, full_page=True)
                window.close()
        browser.close()


if __name__ == "__main__":
    main()
