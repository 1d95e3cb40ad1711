"""`make run`: the supervisor of the demo. It starts the servers, prepares the shop, runs its processes, ends them."""
