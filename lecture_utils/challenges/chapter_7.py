"""Challenges on chapter 7."""

__all__ = []
