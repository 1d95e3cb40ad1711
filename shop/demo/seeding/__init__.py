"""Bring the demo's data into the database, one noun per module; each recognises what is there and leaves it."""
