"""SQLite: what a node remembers, and how it is migrated."""
