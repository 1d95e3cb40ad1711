"""Drills: what one hopes never to need, tried from end to end."""
