"""Stories → searchable passages; knows nothing of questions, answers or language models.

`live.LiveIndex` is the door for whoever asks, `rebuild.rebuild` for whoever builds. Two rooms lie within:

    formats/    a file's bytes → metadata and clean text, whatever format it has
    intake/     stories into the stories folder, and out of it
"""
