"""Carpooling without a platform: every participant runs a node."""

__version__ = "0.1.0"
