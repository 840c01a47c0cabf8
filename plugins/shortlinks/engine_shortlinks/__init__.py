"""Engine's own short links."""
