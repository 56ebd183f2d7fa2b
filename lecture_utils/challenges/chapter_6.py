"""Challenges on chapter 6."""

__all__ = []
