"""pytest's face: options, sessions, items and the output of a run. Nothing else imports pytest."""
