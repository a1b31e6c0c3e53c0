"""Prediction: detect the faces in pictures and classify their mouths. Works without torch."""
