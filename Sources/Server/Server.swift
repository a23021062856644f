// MartletServer: see Sources/README.md.
