"""Bytes on disk, plain synchronous Python: what is in a root, exactly, and how to ask for it quickly.

Files are the only truth; the index beside them (in the user's cache directory) is disposable. Nothing here writes into
a root. Import the nouns from their modules: this file stays empty so that a training script never pays for them.
"""
