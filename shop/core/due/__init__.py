"""Due work: rows with the instant from which something is to be done with them, and workers that share them.

Nothing that must happen depends on a message: a row is due from an instant on, a job finds it, and a task message only
makes it run sooner. Four modules, each for one question:

* `back_off`: how long after a failed try the next one is due, and after how many there is none (pure);
* `fairness`: in which order what is due is done, so that a slow or unavailable provider does not delay the others;
* `leases`: a claim by a moment in the future on the row itself, for work outside every transaction (network calls): a
  worker that dies lets it expire;
* `locked`: a claim by the row's lock (`FOR UPDATE SKIP LOCKED`), for work that is one short transaction;
* `counted`: the same for long work, with each try counted before it begins, given up after three.

Each use defines itself: which rows, what is done with one, and who is notified when it gives up. Every act must be
harmless when it is repeated: a lease that expires under a slow worker lets another one in.

Two uses differ. Expired reservations (`inventory.reservations.expiry`) end by one set-based statement for each batch:
row by row it would be too slow for a drop. A provider's list (`payments.reconciliation.provider_list`) is read from a
high-water mark on, page by page: only its lease is from here.
"""
