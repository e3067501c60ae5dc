"""What nodeviz keeps on disk: models, runs, the session, recent files. No torch and no Qt."""
