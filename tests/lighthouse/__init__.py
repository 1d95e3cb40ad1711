"""`make lighthouse`: the shop as production runs it, judged page by page by Lighthouse on an emulated phone."""
