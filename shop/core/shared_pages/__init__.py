"""Pages that are the same for everybody: made without knowing who asks, so that they may be kept for all."""
