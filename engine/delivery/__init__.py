"""The send loop: claim, compose, gate, pace, commit, call, record; and what settles a doubt."""
