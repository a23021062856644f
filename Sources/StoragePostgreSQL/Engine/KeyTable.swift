internal import MartletCore
internal import MartletStorage

/// The keys that a segment touches, each once, and their places.
struct KeyTable<Key: Hashable & Sendable>: Sendable {
    private(set) var keys: [Key] = []
    private var places: [Key: Int] = [:]

    /// The place of a key, which gets the next one when it has none.
    mutating func place(of key: Key) -> Int {
        if let place = places[key] { return place }
        places[key] = keys.count
        keys.append(key)
        return keys.count - 1
    }

    subscript(_ key: Key) -> Int? { places[key] }
}

/// A document, by the place of its owner in the segment and the number of its collection.
struct DocumentKey: Hashable {
    var owner: Int
    var collection: Int64
    var key: ByteText
}

/// A log, likewise.
struct LogKey: Hashable {
    var owner: Int
    var collection: Int64
}

/// A contact of a roster.
struct ContactKey: Hashable {
    var owner: Int
    var contact: ByteText
}
