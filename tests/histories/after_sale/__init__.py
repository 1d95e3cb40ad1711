"""Everything that may happen to one order after its sale, as acts that a history draws, and the books kept beside."""
