"""One task in one browser: look, decide, do, check, ask, submit once, report.

A PageView flows in from `form_reader`, `recognise` and `fill_plan` decide over it, `widgets` drive what was decided, and
`application` takes it from the job's address to an Outcome, asking the person through `person` and pressing under a lease.
"""
