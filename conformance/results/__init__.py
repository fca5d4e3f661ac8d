"""The results of runs on disk: journals, shards and the history of verdicts."""
