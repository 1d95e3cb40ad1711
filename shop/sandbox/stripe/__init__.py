"""Stripe's Checkout Sessions, PaymentIntents, Refunds and Events, as far as a shop sees them."""
