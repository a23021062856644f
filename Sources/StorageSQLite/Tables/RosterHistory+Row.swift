internal import MartletCore
internal import MartletStorage

extension RosterHistory.Step {
    /// Reads version, contact, state, name, groups and request.
    init(_ row: Row) throws(StorageError) {
        self.init(
            version: row.integer(0),
            contact: try JID(stored: row.text(1)),
            state: RosterState(rawValue: row.integer(2)),
            name: row.optionalText(3),
            groups: try TextList.decode(row.bytes(4)),
            request: row.optionalBytes(5)
        )
    }
}
