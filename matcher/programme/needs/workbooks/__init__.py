"""Workbooks: the rows of Excel and OpenDocument files, read without evaluating any formulas."""
