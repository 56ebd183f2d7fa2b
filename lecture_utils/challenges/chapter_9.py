"""Challenges on chapter 9."""

__all__ = []
