"""Files as they are read and written: bounded, private, never through a link where it matters."""
