"""Real roads as an extra: ways and times by OSRM where an extract was built, by great circles everywhere else."""
