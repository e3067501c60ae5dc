"""Banner: what needs attention, over the upper edge of the plots, so that nothing moves when it comes or goes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from nodeviz.ui import chrome, theme
from nodeviz.ui.announcements import Announcements, Notice

MOST = 3
WIDEST = 720


class BannerArea(QWidget):
    """At most a few banners above `below`, the newest last. It takes no room of its own, and no picture shows it."""

    def __init__(self, announcements: Announcements, below: QWidget) -> None:
        super().__init__(below)
        self.banners: dict[str, Banner] = {}
        self._below = below
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.SPACE_SMALL)
        chrome.dress(self)
        self.hide()
        below.installEventFilter(self)
        self._announcements = announcements
        announcements.noticed.connect(self._show)
        announcements.settled.connect(self._close)
        for notice in announcements.open.values():
            self._show(notice)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._below and event.type() == QEvent.Type.Resize:
            self._settle()
        return super().eventFilter(watched, event)

    def _settle(self) -> None:
        """Stand at the upper edge, in the middle."""
        width = min(self._below.width() - 2 * theme.SPACE, WIDEST)
        heights = [banner.heightForWidth(width) for banner in self.banners.values()]
        height = sum(heights) + theme.SPACE_SMALL * max(0, len(heights) - 1)
        self.setGeometry((self._below.width() - width) // 2, theme.SPACE, width, height)
        self.raise_()

    def _show(self, notice: Notice) -> None:
        """Show `notice`, in place of one with its key."""
        self._close(notice.key)
        while len(self.banners) >= MOST:
            self._close(next(iter(self.banners)))
        banner = Banner(notice)
        banner.closed.clicked.connect(lambda: self._announcements.settle(notice.key))
        if banner.offer is not None:
            banner.offer.clicked.connect(lambda: self._accept(notice))
        self.banners[notice.key] = banner
        self._layout.addWidget(banner)
        self.show()
        self._settle()

    def _close(self, key: str) -> None:
        banner = self.banners.pop(key, None)
        if banner is not None:
            self._layout.removeWidget(banner)
            banner.hide()
            banner.deleteLater()
            self._settle()
        self.setVisible(bool(self.banners))

    def _accept(self, notice: Notice) -> None:
        self._announcements.settle(notice.key)
        if notice.accept is not None:
            notice.accept()


class Banner(QFrame):
    """One notice: what happened, what to do, and the buttons that do it."""

    def __init__(self, notice: Notice) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.setAccessibleName(notice.sentence)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 6, 6, 6)
        words = QVBoxLayout()
        words.setSpacing(2)
        self.sentence = _wrapped(notice.sentence)
        words.addWidget(self.sentence)
        if notice.remedy:
            remedy = _wrapped(notice.remedy)
            remedy.setObjectName("caption")
            words.addWidget(remedy)
        line.addLayout(words, 1)
        self.offer: QPushButton | None = None
        if notice.offer:
            self.offer = _button(notice.offer)
            line.addWidget(self.offer)
        self.copied: QPushButton | None = None
        if notice.detail:
            self.copied = _button("Copy details")
            self.copied.clicked.connect(lambda: QGuiApplication.clipboard().setText(notice.detail))
            line.addWidget(self.copied)
        self.closed = _button("Close")
        line.addWidget(self.closed)


def _wrapped(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    return label


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(text)
    return button
