"""Templates as Python functions: Django walks the nodes of a template one by one, for each page again.

In production each template of the shop's pages and mails becomes one function when it is first rendered
(`writing.py`): its parents, blocks and included templates are in it, runs of what is the same for everybody are one
kept text (`shop.core.web.folded_templates`), names are variables of Python (`names.py`), and what stands behind their
points is looked up by functions (`values.py`). What it does not know it leaves to Django's nodes, which see the names
in the context; a template with a node that may set other names, or that cannot be written so, is left to Django
altogether. What comes out is what Django writes, byte by byte: `tests/test_template_functions.py`.
"""
