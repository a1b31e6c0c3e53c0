"""Record the responses of search engines in a folder, and replay such a folder."""
