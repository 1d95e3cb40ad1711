"""Cancelling orders, or units of them, before they leave: what it would do (`quotes`), and doing it (`cancelling`)."""
