"""Where answers come from: the network, the virtual tenant or a recording."""
