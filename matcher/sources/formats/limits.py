"""Limits on the files that the system reads, so that a small file can take neither hours nor gigabytes.

Real files stay far below every limit. `matcher/programme/needs/reading/` also limits the time and the memory of the
process that reads a file of needs.
"""

from __future__ import annotations

from typing import Final

# Lines of text, in bytes or characters.
# A record in JSON Lines, and a row of a public register. The longest of 14,000 real records is 23 kB long.
MAX_LINE: Final = 1_048_576
# A line in a CSV file of needs. A cell may hold four times the longest description, and a row several such cells.
MAX_TABLE_LINE: Final = 2_000_000
MAX_CELL: Final = 400_000
# A line that holds a complete OCDS package: several times the size of 100 large notices.
MAX_PACKAGE_LINE: Final = 64 * 1_048_576

# JSON.
# Levels of nesting. The Open Contracting Data Standard schema has about twelve.
MAX_DEPTH: Final = 32
# Digits of a whole number. Amounts are below 1e16, and a number with more digits could be slow to parse.
MAX_DIGITS: Final = 18
# Bytes of a file that is read at once: responses of the Organisation Data Service. All of them together take 300 MB.
MAX_WHOLE_FILE: Final = 512 * 1_048_576

# Tables: CSV files and the sheets of workbooks.
# Rows, including empty rows. Excel and LibreOffice allow no more.
MAX_TABLE_ROWS: Final = 1_048_576
# Columns. A need has 16 fields, and the tables that public bodies publish have up to about 100 columns.
MAX_COLUMNS: Final = 1_000
# Cells in a sheet: 100,000 needs with 100 columns.
MAX_CELLS: Final = 10_000_000
# Characters in a sheet: 100,000 needs of 3,000 characters. One stored text can fill many cells.
MAX_CHARACTERS: Final = 300_000_000

# Workbooks.
MAX_SHEETS: Final = 100
# Distinct texts: more than 100,000 needs with 16 fields.
MAX_SHARED_STRINGS: Final = 2_000_000
# Unpacked sizes in bytes: of everything, of the parts with rows and texts, and of any other part that is read.
# 100,000 needs of 2,000 characters each take 250 MB. Styles take up to about 10 MB in neglected workbooks.
MAX_UNPACKED: Final = 1_500_000_000
MAX_SHEET_PART: Final = 750_000_000
MAX_OTHER_PART: Final = 32_000_000

# The process that reads a file.
# Rows of an uploaded file. Larger files would delay other requests, so match them on the command line.
MAX_UPLOAD_ROWS: Final = 100_000
# Seconds of processor time for an uploaded file, and seconds that may pass, which are more on a busy machine. A
# workbook with 100,000 needs takes about 30 seconds of processor time.
MAX_UPLOAD_CPU_SECONDS: Final = 90
MAX_UPLOAD_SECONDS: Final = 300.0
# Bytes of memory for an uploaded file. An .ods file with 100,000 needs of 1,800 characters each takes 600 MB.
MAX_UPLOAD_MEMORY: Final = 2_000_000_000
# Bytes of memory for a file on the command line, which has no limit on rows and time.
MAX_OPERATOR_MEMORY: Final = 8_000_000_000
