"""Floor 4, SQLite: the database is the API between the command line and the running node."""
