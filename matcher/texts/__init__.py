"""The texts that stand for records: passages of profiles, queries of needs, and the language of the field."""
