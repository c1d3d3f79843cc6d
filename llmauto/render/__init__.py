"""What a person sees: sentences, tables, charts, SQL and progress, drawn for the terminal at hand."""
