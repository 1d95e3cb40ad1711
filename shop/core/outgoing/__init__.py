"""Outgoing webhooks: what happens in the shop is told to other systems, as Standard Webhooks says.

* `types`: the public types (`order.placed`), each with the events that it is made of and the data it carries;
* `publishing`: a fact becomes a message and its deliveries, in the fact's own transaction (outbox);
* `endpoints`: what the staff does with endpoints: secrets, rotation, switching on and off, a ping;
* `addresses`: which URLs may be spoken to (no private network), and the very addresses that were checked;
* `requests`: one signed POST to such an address, within ten seconds;
* `deliveries`: the job that sends what is due, each endpoint in a lane of its own; back-off, giving up, replays;
* `retention`: what is deleted when.

The order in which an endpoint is told is not promised, and a message may arrive twice: its `webhook-id` stays the same.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""
