"""From a picture to faces, mouths and labels. Needs no torch."""
