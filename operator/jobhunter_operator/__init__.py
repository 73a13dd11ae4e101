"""Custom resources to browser pods, and the pods' news to status: the only writer of status and of pods.

kopf's watches (`watching`) fill a mirror of tasks and pods and enqueue a task's key; `reconciler` observes that task, asks
the pure `decide` what follows, and carries out the actions it answers with (`kube`, `questions`, `submission_leases` …).
Everything is derived from the API server and NATS: a restart at any moment loses and doubles nothing.
"""
