"""Reads the config: files to models, with every finding at its position."""
