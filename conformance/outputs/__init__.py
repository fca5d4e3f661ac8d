"""The outputs of a run: report folders, notifications and the summary at its end."""
