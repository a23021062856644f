// MartletNet: see Sources/README.md.
