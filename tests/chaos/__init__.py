"""Hundreds of purchases while every part fails: when nothing is due, every payment must be an order or a refund.

`make chaos`; docs/chaos.md lists the faults, the checks afterwards, and what is not covered.
"""
