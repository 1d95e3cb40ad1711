"""Drills: recovery procedures, run from end to end."""
