"""Template, person and data → the exact message. One path for previews and for sending."""
