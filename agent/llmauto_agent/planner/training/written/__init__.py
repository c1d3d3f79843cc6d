"""Requests that people wrote by hand, each with the SQL that answers it, as training data.

The files are `training/data/written/LANG_NAME.txt` (LANG en or zh), UTF-8, one item a line:

    # comment
    @schema shop                          begins a block: one or several tables and what is asked of them
    @table orders (order, orders) | order_id id | placed_on=order date date 2021 2024 | "Net Total" money 5 900
    @table customers (customer, customers) | customer_id id | town cat Leeds,York,Bath
    @key orders.customer_id = customers.customer_id
    how much did we take last year => SELECT sum("Net Total") FROM orders WHERE during(placed_on, 'last year')
    > and per month? => SELECT ...        a follow-up of the line before it
    takings by town as bars => chart:bar SELECT ...
    what's our churn rate => !missing     a refusal: scope, missing, ambiguous, write, vague
    profile this => =profile {}           another tool with its arguments; several are parted by " ; "

Columns are those of `data/domains_en.txt` (`generate.tables`); a name with spaces stands in double quotes.
`during(column, 'words')` is the period that these words of the request name (`sql_periods`). What windows
a plan can say is written in `sql_windows`.

`check` reports the lines that cannot be converted, `make` writes the records with their variations.
"""
