"""What is asked and what is answered: one module per group, with its requests and its results."""
