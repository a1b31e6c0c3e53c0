"""Pictures and video: reading, writing, cameras, drawing."""
