"""Brazilian moments, short enough for narrow columns: 21/11/2026 03:05."""

DATETIME_FORMAT = "d/m/Y H:i"
