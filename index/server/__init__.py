"""An index in a Chroma server, for many computers: the server keeps the shards, each computer a mirror of them.

address.py       where a library is kept
connection.py    a Chroma server's collections, with bounded retries
faults.py        what goes wrong with a server, in words without secrets
remote.py        a library kept there: its shards, the record of what is published, the builder's lock
blobs.py         arrays of numbers as strings, since that is what Chroma keeps beside a passage
mirror.py        a store like `index.store.PassageStore`, whose folder mirrors what the server has
fetching.py      fetching by another process than the one that answers
mirrored_building.py   building there: each shard goes to the server too, and is published there first
"""
