"""Exchanges: other units instead of returned ones, and one signed sum that settles the difference."""
