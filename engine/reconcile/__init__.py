"""Makes the state what the config says: plan, rails, apply."""
