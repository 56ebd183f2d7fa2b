"""Challenges on chapter 8."""

__all__ = []
