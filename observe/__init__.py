"""Classroom observation that works without a network."""

__version__ = "0.1.0"
