"""Templates as Python functions: Django walks the nodes of a template one by one, for each page again.

In production each template of the shop's pages and mails becomes one function when it is first rendered
(`writing.py`): its parents, blocks and included templates are in it, runs of what is the same for everybody are one
kept text (`shop.core.web.folded_templates`), and variables are looked up by functions of their own (`values.py`). What
it does not know it leaves to Django's nodes, and a template that cannot be written so to Django altogether. What comes
out is what Django writes, byte by byte: `shop/core/tests/web/test_template_functions.py`.
"""
