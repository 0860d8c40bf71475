"""Floor 6, the running program: it carries the outbox out, brings letters and posts in, and keeps itself alive."""
