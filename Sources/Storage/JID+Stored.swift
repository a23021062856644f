package import MartletCore

extension JID {
    /// Takes an address as the store wrote it; the parts are prepared already.
    package init(stored text: String) throws(StorageError) {
        guard let address = JID(preparedText: text) else {
            throw .corrupt("an address in it cannot be read")
        }
        self = address
    }
}
