// MartletStreams: see Sources/README.md.
