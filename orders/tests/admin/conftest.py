"""Fixtures of the tests of the orders' back office."""

from orders.tests.installments.conftest import clock

__all__ = ["clock"]
