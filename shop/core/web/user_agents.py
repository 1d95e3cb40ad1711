"""What a device calls itself (`User-Agent`), in two words that its owner recognises. A name, never a proof."""

import re
from dataclasses import dataclass
from typing import Final

LONGEST_NAME: Final = 40
# The first that fits: browsers name one another (Chrome says Safari, Edge and Opera say Chrome).
_PROGRAMS: Final = (
    ("Edge", re.compile(r"\bEdg(?:e|A|iOS)?/")),
    ("Opera", re.compile(r"\b(?:OPR|Opera)/")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"\b(?:HeadlessChrome|Chrome|CriOS|Chromium)/")),
    ("Safari", re.compile(r"\bVersion/[\d.]+.*\bSafari/")),
)
_SYSTEMS: Final = (
    ("iPhone", re.compile(r"\biPhone\b")),
    ("iPad", re.compile(r"\biPad\b")),
    ("Android", re.compile(r"\bAndroid\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("Mac", re.compile(r"\bMac(?:intosh| ?OS)\b")),
    ("ChromeOS", re.compile(r"\bCrOS\b")),
    ("Linux", re.compile(r"\bLinux\b")),
)
# `MaalApp/1.2 (…)`: the first product of a program that is no browser.
_PRODUCT: Final = re.compile(r"\s*([^\s/();,]+)")


@dataclass(frozen=True, slots=True)
class Agent:
    """A program and the system it runs on; each is empty where it does not say."""

    program: str
    system: str


def read(user_agent: str) -> Agent:
    """Read the header. Pure."""
    return Agent(_program(user_agent), _first(_SYSTEMS, user_agent))


def _program(user_agent: str) -> str:
    if user_agent.startswith("Mozilla/"):
        return _first(_PROGRAMS, user_agent)
    product = _PRODUCT.match(user_agent)
    return product[1][:LONGEST_NAME] if product else ""


def _first(names: tuple[tuple[str, re.Pattern[str]], ...], text: str) -> str:
    return next((name for name, pattern in names if pattern.search(text)), "")
