"""General vocabulary of data analysis: words that name the same thing, in English and Chinese."""
