"""The texts of records for search: passages of profiles, queries of needs, and NHS terms that mean the same."""
