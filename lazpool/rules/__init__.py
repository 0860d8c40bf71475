"""Decisions, pure: the clock is an argument and nothing here does I/O."""
