"""Custom resources to browser pods, and pods' news to status. The only writer of status and pods.

kopf watches, a keyed work queue takes turns, the pure `decide` says what follows from what is observed, and the actions
are carried out against the API server and NATS.
"""
