"""Floor 2, values: every record is frozen and checked on construction, so an invalid one cannot exist."""
