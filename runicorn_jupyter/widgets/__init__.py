"""Door A: live views in a notebook, by comm alone, with an output that stays readable when the kernel is gone."""

from runicorn_jupyter.widgets.show import runs, show

__all__ = ["runs", "show"]
