"""Compare pages without their white space, which the formatter of templates may change."""

import re


def compact(html: str) -> str:
    """Return `html` with every run of white space as one space, and none beside a tag."""
    return re.sub(r" ?([<>]) ?", r"\1", " ".join(html.split()))
