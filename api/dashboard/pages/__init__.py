"""One module a page: a documented dataclass of what it shows, and the function that builds it.

Page objects are built from what `store.repository` returns; routes look things up, templates only lay out.
"""
