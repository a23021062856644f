// MartletStorageSQLite: see Sources/README.md.
