"""Make the demo's rows, one kind per module; each finds what exists already and leaves it."""
