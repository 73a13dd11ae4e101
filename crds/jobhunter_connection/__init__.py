"""How operator, gateway and runner stay connected to NATS, and end what they began.

`lasting_client` is the client that all three use. `nats_link` keeps one up for a part that serves for ever (operator, gateway);
the runner's own nats_connection gives up where there is none in time. `drain` ends subscriptions, `background` an event
loop's tasks. Below the parts and above the contracts: imports no part, and nats-py alone of what is not ours.
"""
