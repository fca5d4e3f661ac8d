"""Where results go: report folders, notifications and the summary at the end of a run."""
