"""Prediction: detect the faces in pictures and classify their mouths. Needs no torch."""
