"""What `python -m bench.everything` measures, each in a process of its own.

plan.py       which measurements there are, in turn
results.py    what was measured, kept line by line; on which machine and commit (`machine.py`)
made.py       libraries, indexes and stores that are measured
build.py, rebuild.py, ask.py, answer.py, streaming.py, users.py, start.py, imports.py, memory.py
              a measurement each: `measure(folder, …)` gives its figures
fit.py        how figures grow with the library
bars.py, tables.py, plots.py, report.py
              results → a report
"""
