"""The last lines of what slixmpp sent and received."""

import collections
import logging


class Wire(logging.Handler):
    """The last lines of what slixmpp sent and received, for when a scenario fails."""

    def __init__(self):
        super().__init__()
        self.lines = collections.deque(maxlen=60)

    def emit(self, record):
        self.lines.append(record.getMessage()[:600])
