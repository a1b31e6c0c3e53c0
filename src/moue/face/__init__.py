"""Face detection, lip landmarks and mouth crops."""
