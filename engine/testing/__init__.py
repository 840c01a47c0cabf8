"""What plugins are tested with: conformance suites, one per contract, and public fakes."""
