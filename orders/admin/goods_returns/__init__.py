"""Returns in the back office: queues, the page of each with its acts, receiving by scan, reasons and terms."""
