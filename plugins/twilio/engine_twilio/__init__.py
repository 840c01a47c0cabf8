"""Engine's provider for Twilio."""
