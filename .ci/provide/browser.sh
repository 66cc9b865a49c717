# A browser without a window, for the board.
need chromium chromium
