"""Floor 5, what can happen: one function each, one transaction each, outgoing letters included."""
