"""What they answer: keywords and consent."""
