"""In place of trio: httpcore imports it wherever a browser's driver has installed it, and uses it nowhere here."""

raise ImportError("processes that tests start do without trio")
