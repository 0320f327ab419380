"""The ``dtk`` command: the top floor."""
