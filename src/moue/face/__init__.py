"""Finding faces and cutting out their mouths."""
