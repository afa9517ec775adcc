"""Two runs → what differs, whether it may be chance, and which cases got better or worse.

pairs.py              the cases of both runs, paired
manifest_changes.py   what was run differently
compare.py            differences with intervals and p-values
words.py, plot.py     the same in sentences and as a picture
report.py             on a terminal, as JSON, as a page

Reads run folders alone; knows nothing of asking.
"""
