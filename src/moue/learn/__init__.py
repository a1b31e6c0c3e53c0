"""The course: chapters in Markdown, their renderers for the browser and the terminal, figures."""
