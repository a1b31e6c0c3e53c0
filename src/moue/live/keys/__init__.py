"""Press keys with the mouth: parse key maps, decide when to press, press keys with pynput."""
