"""Trails: what calls that must not be repeated are recognised by, when their answer was lost."""
