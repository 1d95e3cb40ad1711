"""Shipments in the back office: queues, packing, many at once, papers, and the page of each."""
