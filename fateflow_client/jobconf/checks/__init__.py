"""The checks: pure functions from documents to problems, a module for each topic."""
