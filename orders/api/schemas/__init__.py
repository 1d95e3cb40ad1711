"""What the endpoints of carts, checkouts, orders and instalments take and answer."""
