"""Sets of questions → reports on answers, citations and retrieval. `python -m eval --help` tells how.

    cases.py, reading.py, columns.py    a set's file → cases
    gold.py                             a case's gold quotes → spans of the indexed stories
    run.py                              one run: every case asked, scored and written
    asking.py, result.py, rows.py       a case → its answer → its line of results.jsonl
    manifest.py                         what was run
    writing.py, folder.py               a run's folder, written and read back
    intervals.py, calibration.py        how far a figure can be trusted; whether chances come true
    scoring/      one answer → its scores; every metric is defined in docs/metrics.md
    reporting/    the scores of all cases → tables, plots, a page, exports
    comparing/    two runs → what differs, and whether it may be chance
    drafting/     stories, or disliked answers → drafts of cases, and their review
    validating/   the scorer of support against people's labels and corrupted sentences
    commands/     the command line, a file a command
    sets/         the project's own set

Imports rag and index; neither knows of it.
"""
