"""`/api/v1/staff`: orders and plans for the staff, by permission and by the verbs of the back office."""
