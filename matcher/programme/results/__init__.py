"""Results: the tables, workbook, figures and report of a programme."""
