"""``python -m fateflow_client.cli`` is ``fateflow``."""

from fateflow_client.cli import main

main()
