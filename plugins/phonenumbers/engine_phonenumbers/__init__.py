"""Engine's number normaliser, on Google's metadata."""
