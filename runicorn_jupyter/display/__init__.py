"""Saying it statically: text, HTML with a picture, plotly figures, pandas frames and the saved document.

Everything here is a pure function of models; nothing reads a store, and pandas, plotly and numpy load when needed.
"""
