"""Tell a reader whether an exercise is solved, and if not, what to look at."""

from collections.abc import Callable

__all__ = ["check"]


def check(title: str, *tests: tuple[Callable[[], object], str]) -> bool:
    """Print whether an exercise is solved.

    Parameters
    ----------
    title : str
        What the message starts with, for instance ``"Exercise 1"``.
    *tests : tuple of (callable, str)
        Pairs of a test without arguments and the hint for a reader whose answer fails it. A test
        fails when it returns something false or raises; the tests after it are then not run.

    Returns
    -------
    bool
        True if every test passed.

    Raises
    ------
    ValueError
        If there are no tests.

    Examples
    --------
    >>> answer = ...
    >>> check("Exercise 1", (lambda: answer + 1 == 43, "It is one less than 43."))
    ○ Exercise 1 is open. It is one less than 43.
    False
    >>> answer = 42
    >>> check("Exercise 1", (lambda: answer + 1 == 43, "It is one less than 43."))
    ✓ Exercise 1 is solved.
    True
    """
    if not tests:
        raise ValueError(
            f"{title} has no tests, so anything would pass; give at least one (test, hint)"
        )
    for test, hint in tests:
        try:
            passed = bool(test())
            problem = ""
        # Whatever the reader's code does wrong, they should get the hint.
        except Exception as error:
            passed = False
            # An answer still left as `...`, or a function that returns nothing yet, fails in ways
            # that say nothing about the exercise.
            untouched = any(word in str(error) for word in ("ellipsis", "Ellipsis", "NoneType"))
            problem = "" if untouched else f" ({type(error).__name__}: {error})"
        if not passed:
            print(f"○ {title} is open. {hint}{problem}")
            return False
    print(f"✓ {title} is solved.")
    return True
