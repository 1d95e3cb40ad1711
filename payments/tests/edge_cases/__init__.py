"""Every row of the providers' table of edge cases (1–19), by name: real HTTP, the real endpoint, a real worker."""
