"""One function is one thing that can happen, in one transaction."""
