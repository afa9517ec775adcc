"""How far can a scorer of support be trusted? Measured against people's labels, and on corrupted sentences of stories.

labels.py                     people's labels read
corruption.py                 true sentences with their passages, and false ones made of them
retelling.py                  a sentence in the third person and in other words
alterations.py, denials.py    number, name, time, role and denial made false
validation.py                 agreement, calibration, how much is caught at which false alarms
report.py                     on a terminal, as JSON, as a page
"""
