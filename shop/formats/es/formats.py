"""Spanish numbers as the shop's readers write them: 12.345,50 (Django's Spanish parts the thousands by a space)."""

DECIMAL_SEPARATOR = ","
THOUSAND_SEPARATOR = "."
NUMBER_GROUPING = 3
