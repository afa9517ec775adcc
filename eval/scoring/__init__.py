"""One answer → its scores. Every metric is defined, with an example, in docs/metrics.md.

metrics.py     the names of all metrics, what each says, which way is better
matching.py    when a stretch of a story holds a gold
ranking.py     how well the passages were found
citing.py      whether citations resolve, carry the claims, and are needed
answering.py   the answer's words, and whether to answer was rightly decided
judging.py     a language model as judge of claims
scores.py      all of it put together, and what became of the case

Knows nothing of files, of asking and of reports.
"""
