"""Random histories of acts on one purchase, in process: whatever happens in whatever order, rows and rules agree."""
