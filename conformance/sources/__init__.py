"""The sources of answers: the network, the virtual tenant or a recording."""
