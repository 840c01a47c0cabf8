"""The audience: people come in from files, and go out again or are forgotten when asked."""
