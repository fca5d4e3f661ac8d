"""In place of hypothesis' plugin of pytest: it imports hypothesis at the end of each session, in a quarter second."""
