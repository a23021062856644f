// MartletIM: see Sources/README.md.
