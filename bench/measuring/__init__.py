"""What `python -m bench.everything` measures, each in a process of its own.

plan.py       which measurements there are, in turn
results.py    what was measured, kept line by line; on which machine and commit (`machine.py`)
made.py       libraries, indexes and stores that are measured, made anew when they have to be (`stamp.py`)
build.py, rebuild.py, ask.py, answer.py, streaming.py, users.py, start.py, imports.py, memory.py
              a measurement each: `measure(folder, …)` gives its figures; `__main__.py` is its process
first_chunks.py
              the process whose start `start.py` measures of contestants
view.py       results by what was measured: rounds, medians, ratios, and how these are written
fit.py        how figures grow with the library
bars.py, tables.py, plots.py, report.py
              results → a report
"""
