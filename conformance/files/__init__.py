"""Reading and writing files: with a size limit, private where needed, and not through links where that matters."""
