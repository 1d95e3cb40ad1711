"""Conekta's hosted checkout (Mexico), as far as a shop sees it."""
