"""Every shape that crosses a boundary between JobHunter's parts, and nothing else.

Custom resources (`application_task`, written out as YAML by `crd`), events, NATS subjects and buckets, the assignment a
browser pod receives, questions and answers, the submission lease, requests of a runner, the runner's environment, the
profile, the field vocabulary and the root of all errors. Imports no other part of JobHunter.
"""
