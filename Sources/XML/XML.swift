// MartletXML: see Sources/README.md.
