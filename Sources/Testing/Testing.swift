// MartletTesting: see Sources/README.md.
