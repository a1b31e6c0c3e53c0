"""How the bundled mouth classifiers are trained and evaluated; see README.md."""
