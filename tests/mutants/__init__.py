"""Mutation run: small wrong changes, one at a time, each of which some test should detect (docs/testing.md)."""
