"""The files that users write for FATE, as models."""
