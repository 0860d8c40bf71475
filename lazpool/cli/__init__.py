"""The command line: the only floor that talks to the terminal."""
