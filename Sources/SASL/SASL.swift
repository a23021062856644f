// MartletSASL: see Sources/README.md.
