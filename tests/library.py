"""A small library of made-up stories, for tests: written to a folder, and built into an index once a session."""

from pathlib import Path

STORIES = {
    "baker.md": """---
title: From bread to back end
from: baker
to: backend developer
year: 2019
tags: [bootcamp, self-taught]
---

I baked bread in Lyon for eleven years. My shift began at two in the morning, and by thirty-four my back had had enough.

## The course

In 2018 I found a free Python course by the University of Helsinki. I did an hour every afternoon, after sleeping. It took me seven months.

Then I paid 4,200 euros for a bootcamp. I would not pay it again, because the free course had taught me most of it.

## The job

I sent forty applications and had three interviews. A small logistics firm in Grenoble hired me as a backend developer.
""",
    "lawyer.md": """---
title: Leaving the law for data
author: Ines
from: lawyer
to: data analyst
tags: [self-taught]
---

I was a lawyer for six years in Porto. Nobody warned me that the evenings would disappear.

I learned SQL from a colleague in accounting, who gave me an old database to practise on. After a year I was the person everybody asked for numbers.

My salary fell by a fifth when I became a data analyst. It was back where it had been after two years. I have never regretted the change.
""",
    "nurse.txt": "I was a night nurse, and this is how I went from hospital nursing to UX design without quitting my job first, over the course of three long years in Leeds.\n"
    "What started it was a form on the ward computer that took nine clicks to record one temperature, and I drew a better one on the back of a chart.\n"
    "A designer at the software company saw my drawing and offered me a week of shadowing, which became a part-time contract and later a full job.\n",
    "welder.md": """---
title: The welder who writes firmware
from: welder
to: firmware engineer
---

I welded ship hulls until the yard in Gdynia closed in 2015. The job centre offered me a course in electronics, and I took it because it was warm inside.

The course led to a technician's job. There I taught myself C from a library book, at night, for two winters.

My advice is to take the job next to the one you want. From the repair bench I could see what the engineers did.
""",
}


def write_library(folder: Path) -> Path:
    """Write the stories into a folder, which is made."""
    folder.mkdir(parents=True)
    for name, text in STORIES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
