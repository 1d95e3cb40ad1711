"""Purchases by the hundred while everything fails: at rest, every payment must have become an order or a refund.

`make chaos`; docs/chaos.md tells what strikes, what is asked afterwards, and what is not covered.
"""
