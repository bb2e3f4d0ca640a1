"""Results of a programme: tables, workbook, figures and report."""
