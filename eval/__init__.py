"""Sets of questions → reports on answers, citations and retrieval. `python -m eval --help` tells how.

cases.py      a set's file → cases
gold.py       a case's gold quotes → spans of the indexed stories
scores.py     one case's answer → its scores; every metric is defined in docs/metrics.md
report.py     the scores of all cases → a report: table, JSON and one self-contained HTML page
manifest.py   what was run: settings without secrets, versions, index, digests of the sets
run.py        ask every case, write the run's folder as it goes

Imports rag and index; neither knows of it.
"""
