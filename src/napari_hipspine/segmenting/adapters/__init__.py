"""Segmenting programs of other groups: found, started and asked, one file per tool; none of them is needed."""
