// MartletClient: see Sources/README.md.
