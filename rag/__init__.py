"""A question → a cited answer; knows nothing of Gradio.

`ask.Rag` is the door: `stream` gives growing answers, `ask` the finished one.
"""
