"""What runs leave on disk: journals, shards and the history of verdicts."""
