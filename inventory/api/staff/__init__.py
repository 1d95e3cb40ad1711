"""`/api/v1/staff`: the stock for the staff, by permission and by the verbs of the back office."""
