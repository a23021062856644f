// MartletStorage: see Sources/README.md.
