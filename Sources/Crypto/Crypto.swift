// MartletCrypto: see Sources/README.md.
