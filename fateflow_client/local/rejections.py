"""Why a submit is not accepted, and how each generation of releases says so."""

from fateflow_client.local.shapes import JsonObject


class SubmitRejectedError(Exception):
    """A submit is refused.

    Args:
        message: The last line of the traceback in the answer.
        kind: The exception's name in that line.
        stage: Which check refused it: ``conf``, ``party`` (a party refused the components) or
            ``cores``; releases differ in which of them leave rows behind.
        reason: What 1.5 and 1.6 answer, if it is not the message.
        per_party: The parties' answers, which 1.5 and 1.6 put into ``data``.
    """

    def __init__(
        self,
        message: str,
        kind: str = "Exception",
        *,
        stage: str = "conf",
        reason: str | None = None,
        per_party: JsonObject | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.stage = stage
        self.per_party = per_party
        self._reason = reason

    def traceback(self) -> str:
        """The text that 1.7 and later put into retmsg: a Python traceback."""
        where = '  File "fateflow_client/local/conf.py", in submit\n'
        return f"Traceback (most recent call last):\n{where}{self.kind}: {self}\n"

    def short(self) -> str:
        """The text that 1.5 and 1.6 put into retmsg."""
        return str(self) if self._reason is None else self._reason
