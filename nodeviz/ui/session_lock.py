"""Which window keeps the session: the first one that is open. Others would write over its work, and it over theirs."""

from __future__ import annotations

from PySide6.QtCore import QLockFile

from nodeviz.library.home import home


class SessionLock:
    """Taken at once when no other window, of this process or another, has it. A window that crashed lets go of it."""

    def __init__(self) -> None:
        self.taken_by_another = False
        self._file: QLockFile | None = None
        try:
            folder = home()
        except OSError:
            return  # there is no session to keep; reading and saving it tell why
        self._file = QLockFile(str(folder / "session.lock"))
        self._file.setStaleLockTime(0)  # no window is too old to be at work; a dead one is known by its process
        # Any other failure, such as a folder that cannot be written, is no sign of a second window.
        self.taken_by_another = not self._file.tryLock(0) and self._file.error() == QLockFile.LockError.LockFailedError

    def release(self) -> None:
        """Let the next window have the session."""
        if self._file is not None and not self.taken_by_another:
            self._file.unlock()
