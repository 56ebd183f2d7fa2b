"""Challenges on chapter 4."""

__all__ = []
