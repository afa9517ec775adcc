"""The rows of a run → what it comes to, for people and for other tools.

figures.py, summary.py    means with intervals, tables, costs
findings.py               what stands out, in sentences
report.py                 tables on a terminal, and the page
plots.py, drawing.py      pictures, and how a picture gets into a page
pages.py                  what all pages of the evaluation share, with page.css
export.py                 CSV, a DataFrame, TREC files

Reads rows alone; knows nothing of asking.
"""
