"""Django's backend for PostgreSQL, which looks whether a kept connection still stands without asking the server."""
