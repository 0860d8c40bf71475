"""The running program: the supervisor, its pumps and the hub."""
