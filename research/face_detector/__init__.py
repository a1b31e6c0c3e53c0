"""How the bundled face detector and lip landmark network are trained; see README.md."""
