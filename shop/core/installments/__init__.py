"""The shop's own instalments in numbers: pure functions without a database, and the one type that pages show.

`schedule` divides an amount and counts due dates, `rates` computes what it costs, `quotation` puts both together;
`table`, `payoff`, `reduction` and `late` follow a plan to its end; `country_rules` says what a country forbids. The
formulas with their sources: docs/installments.md.
"""
