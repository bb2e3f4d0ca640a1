"""The texts used for search: profile passages, search texts for needs, and NHS terms with the same meaning."""
