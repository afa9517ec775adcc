"""Stories → searchable passages; knows nothing of questions, answers or language models.

`live.LiveIndex` is the door for whoever asks, `rebuild.rebuild` for whoever builds.
"""
