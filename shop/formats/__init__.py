"""How dates are written where Django's own manner does not suit the shop."""
