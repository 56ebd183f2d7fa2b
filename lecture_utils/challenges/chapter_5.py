"""Challenges on chapter 5."""

__all__ = []
