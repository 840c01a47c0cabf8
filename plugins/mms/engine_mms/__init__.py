"""What an image must be to arrive as MMS."""
