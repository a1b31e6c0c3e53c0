"""Jobs: commands that run as child processes, and outlive the page and the server."""
