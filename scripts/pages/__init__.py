"""The generated pages: a module for each page, with a function that returns its text."""
