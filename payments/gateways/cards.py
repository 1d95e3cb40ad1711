"""What may be told of a card: its last four digits, and nothing else of its number."""


def last4(value: object) -> str:
    """Return four digits as they stand; anything else (masked, missing, too long) is nothing."""
    text = str(value or "")
    return text if len(text) == 4 and text.isascii() and text.isdigit() else ""
