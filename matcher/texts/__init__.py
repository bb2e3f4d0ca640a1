"""The texts of records for search: passages of profiles, search texts of needs, and NHS terms with the same meaning."""
