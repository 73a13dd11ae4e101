"""`kubectl jobhunter`: watch, answer, draft, settle and cancel, for people who have kubectl. Talks to the API server alone."""
