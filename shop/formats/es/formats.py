"""Spanish numbers as the shop's readers write them: 12.345,50 (Django's Spanish separates thousands by a space)."""

# Instants are in narrow columns of the back office: 21/11/2026 03:05.
DATETIME_FORMAT = "d/m/Y H:i"

DECIMAL_SEPARATOR = ","
THOUSAND_SEPARATOR = "."
NUMBER_GROUPING = 3
