"""Compare pages without their layout: what the formatter of templates adds is no part of a promise."""

import re


def compact(html: str) -> str:
    """Return `html` with every run of white space as one space, and none beside a tag."""
    return re.sub(r" ?([<>]) ?", r"\1", " ".join(html.split()))
