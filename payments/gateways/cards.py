"""Card numbers: only the last four digits are kept."""


def last4(value: object) -> str:
    """Return four digits as they stand; anything else (masked, missing, too long) is nothing."""
    text = str(value or "")
    return text if len(text) == 4 and text.isascii() and text.isdigit() else ""
