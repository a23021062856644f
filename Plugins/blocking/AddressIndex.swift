import MartletPluginKit

/// Addresses by the account or the domain that they are of.
///
/// Whether one of them matches somebody is one look-up, however many there are, and a second one where
/// domains are among them.
struct AddressIndex: Sendable {
    /// What is in it of one account, or of a domain itself.
    private struct Part: Sendable {
        var isWhole = false
        var resources: Set<String> = []

        var isEmpty: Bool { !isWhole && resources.isEmpty }

        func holds(_ resource: String?) -> Bool {
            isWhole || resource.map(resources.contains) ?? false
        }
    }

    /// By bare address.
    private var parts: [String: Part] = [:]
    /// How many of the parts are of domains: while there are none, nobody's domain is looked for.
    private var domainCount = 0
    private(set) var count = 0

    init() {}

    /// Takes addresses as they are stored: prepared.
    init(_ addresses: [String]) {
        parts.reserveCapacity(addresses.count)
        for address in addresses { insert(address) }
    }

    var isEmpty: Bool { parts.isEmpty }

    /// In the order of their texts.
    var addresses: [String] {
        var all: [String] = []
        all.reserveCapacity(count)
        for (bare, part) in parts {
            if part.isWhole { all.append(bare) }
            for resource in part.resources { all.append("\(bare)/\(resource)") }
        }
        return all.sorted()
    }

    /// Matches as XEP-0191 §6 says: the address itself, its account, its domain with the resource, its
    /// domain.
    func matches(_ address: JID) -> Bool {
        let bare = address.bare.description
        if let part = parts[bare], part.holds(address.resourcepart) { return true }
        guard domainCount > 0 else { return false }
        let domain = address.domainpart
        guard domain != bare, let part = parts[domain] else { return false }
        return part.holds(address.resourcepart)
    }

    /// Whether an address is in it as it is written.
    func contains(_ address: String) -> Bool {
        let (bare, resource) = Self.split(address)
        guard let part = parts[bare] else { return false }
        return resource.map(part.resources.contains) ?? part.isWhole
    }

    mutating func insert(_ address: String) {
        let (bare, resource) = Self.split(address)
        var part = parts.removeValue(forKey: bare) ?? Part()
        if part.isEmpty, Self.isDomain(bare) { domainCount += 1 }
        if let resource {
            if part.resources.insert(resource).inserted { count += 1 }
        } else if !part.isWhole {
            part.isWhole = true
            count += 1
        }
        parts[bare] = part
    }

    mutating func remove(_ address: String) {
        guard contains(address) else { return }
        let (bare, resource) = Self.split(address)
        guard var part = parts.removeValue(forKey: bare) else { return }
        count -= 1
        if let resource { part.resources.remove(resource) } else { part.isWhole = false }
        if !part.isEmpty {
            parts[bare] = part
        } else if Self.isDomain(bare) {
            domainCount -= 1
        }
    }

    private static func split(_ address: String) -> (bare: String, resource: String?) {
        guard let slash = address.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            return (address, nil)
        }
        return (
            String(address[..<slash]),
            String(address[address.utf8.index(after: slash)...])
        )
    }

    private static func isDomain(_ bare: String) -> Bool {
        !bare.utf8.contains(UInt8(ascii: "@"))
    }
}
