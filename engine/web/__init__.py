"""The web server: webhooks, short links, plugins' pages."""
