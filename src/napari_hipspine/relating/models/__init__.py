"""Regression models: a formula and a table in, coefficients with their intervals and every doubt in words out."""
