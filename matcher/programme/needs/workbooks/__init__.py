"""Workbooks: the rows of Excel and OpenDocument files, read without running any formula."""
