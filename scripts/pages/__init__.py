"""The generated pages: one module a page, each with a function that gives its text."""
