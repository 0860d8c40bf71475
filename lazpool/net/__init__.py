"""libp2p behind a facade: no type of it leaves this package."""
