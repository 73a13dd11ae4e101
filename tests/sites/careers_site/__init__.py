"""Careers sites to apply to: job boards of our own making that behave like the real ones.

A posting is drawn from (seed, job id): company, wording, names, ids and order of its form. A browser asks for
`/{kind}/jobs/{job_id}`, the kind says how the site behaves (`kinds.py`), and what is posted comes out of `/_record`,
named by what each field means, and out of `/_judge`, compared with what a person wanted to be sent.
Run it: `python -m careers_site --port 8080 --seed 7`.
"""
