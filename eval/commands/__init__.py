"""The evaluation's commands, a file each: its flags, and what it prints. The work is done by the modules beside.

run.py               ask every case of some sets, write a run's folder
compare.py           two runs side by side
validate_scorer.py   the support scorer against people's labels and against corrupted sentences
make.py              drafts of cases, from stories or from answers that people disliked, to be reviewed
export.py            a run as CSV, and as TREC runs and qrels

Each has `HELP`, a line for the list of commands; `flags()`, its arguments; and `run(options)`, giving an exit code.
"""
