import MartletXML

/// Namespaces by number: a table of hashes with room to spare, so that a look-up is one probe, nearly
/// always, and makes no text.
struct NamespaceIndex: Sendable {
    private struct Key: Sendable {
        let hash: UInt64
        let bytes: [UInt8]
    }

    private let keys: [Key]
    /// Numbers of keys by the lower bits of their hash; -1 for none.
    private let slots: [Int32]
    private let mask: Int

    /// The first that is found, and whether no other is in the same element.
    struct Found {
        let index: Int
        var isLast: Bool
    }

    init(_ names: [String]) {
        keys = names.map { name in
            let bytes = Array(name.utf8)
            return Key(hash: bytes.withUnsafeBytes { Element.hash(ofNamespace: $0) }, bytes: bytes)
        }
        var size = 4
        while size < names.count * 4 { size *= 2 }
        mask = size - 1
        var slots = [Int32](repeating: -1, count: size)
        for (number, key) in keys.enumerated() {
            var at = Int(truncatingIfNeeded: key.hash) & mask
            while slots[at] >= 0 { at = (at + 1) & mask }
            slots[at] = Int32(number)
        }
        self.slots = slots
    }

    private func number(of hash: UInt64, _ namespace: UnsafeRawBufferPointer) -> Int? {
        var at = Int(truncatingIfNeeded: hash) & mask
        while slots[at] >= 0 {
            let number = Int(slots[at])
            if keys[number].hash == hash, keys[number].bytes.elementsEqual(namespace) {
                return number
            }
            at = (at + 1) & mask
        }
        return nil
    }

    /// Looks for the namespaces of an element's children.
    func firstFound(in element: Element) -> Found? {
        var found: Found?
        element.forEachChildNamespace { hash, namespace in
            guard let number = number(of: hash, namespace) else { return }
            if let first = found {
                if first.index != number { found?.isLast = false }
            } else {
                found = Found(index: number, isLast: true)
            }
        }
        return found
    }

    func allFound(in element: Element) -> [Int] {
        var all: [Int] = []
        element.forEachChildNamespace { hash, namespace in
            if let number = number(of: hash, namespace) { all.append(number) }
        }
        return all
    }
}
