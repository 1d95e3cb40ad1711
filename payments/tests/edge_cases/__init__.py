"""Every row of docs/providers/README.md#edge-cases: real HTTP, the real endpoint, a real worker."""
