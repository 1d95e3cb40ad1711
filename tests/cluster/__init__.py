"""`make cluster`: two nodes, a pooler, a primary and a replica on one machine, with purchases, a drop and a failover."""
