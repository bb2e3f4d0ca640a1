"""The texts used for search: profile passages, search texts for needs, and equivalent forms of NHS terms."""
