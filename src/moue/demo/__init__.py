"""The demo: pictures of nobody, made as dirty as what comes from the web."""
