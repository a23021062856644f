// MartletRouter: see Sources/README.md.
