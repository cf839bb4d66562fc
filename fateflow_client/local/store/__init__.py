"""The server's state in SQLite: jobs and tasks, tables and outputs, metrics and models, logs."""
