"""What a purchase costs: its lines and the adjustments to them, in pure functions without a database."""
