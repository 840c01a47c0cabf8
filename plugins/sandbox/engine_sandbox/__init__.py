"""Engine's embedded provider: a small phone network in a SQLite file."""
