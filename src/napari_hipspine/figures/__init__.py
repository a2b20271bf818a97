"""Figures made from tables: matplotlib Figures without any window and without pyplot's state."""
