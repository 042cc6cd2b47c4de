"""Pages of docs/ in which one place is made by code, between two marks."""


def with_place(text, begin, made, end):
    """Return a page with what was made in its place; raise ValueError if it has none."""
    before, _, rest = text.partition(begin)
    _, mark, after = rest.partition(end)
    if not mark:
        raise ValueError(f"the page has no place between {begin!r} and {end!r}")
    return f"{before}{begin}{made}{end}{after}"
