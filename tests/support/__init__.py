"""Plugins and helpers of all tests: the test servers, the network guard, the browser."""
