"""The pipeline from a connection to its report, without pytest."""
