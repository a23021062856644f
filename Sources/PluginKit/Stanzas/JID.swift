import CPlugin

/// An XMPP address, prepared by the server (RFC 7622): equal texts are equal addresses.
public struct JID: Hashable, Sendable, CustomStringConvertible {
    /// The whole address.
    public let description: String

    /// Prepares an address; nil for what is none.
    public init?(_ text: String) {
        let prepared = text.lend { text in
            fetchText { Core.functions.pointee.jid?(text, $0, $1) }
        }
        guard let prepared else { return nil }
        description = prepared
    }

    /// Takes what the server gave, which is prepared.
    init(prepared text: String) { description = text }

    init?(prepared text: martlet_str) {
        guard !text.isEmpty else { return nil }
        description = text.string
    }

    /// What stands before the `@`.
    public var localpart: String? {
        let bare = bareText
        return bare.firstIndex(of: "@").map { String(bare[..<$0]) }
    }

    public var domainpart: String {
        let bare = bareText
        guard let at = bare.firstIndex(of: "@") else { return String(bare) }
        return String(bare[bare.index(after: at)...])
    }

    /// What stands behind the first `/`.
    public var resourcepart: String? {
        description.utf8.firstIndex(of: UInt8(ascii: "/")).map {
            String(description[description.utf8.index(after: $0)...])
        }
    }

    /// The address without its resource.
    public var bare: JID { isBare ? self : JID(prepared: String(bareText)) }

    /// The domain alone.
    public var domain: JID { JID(prepared: domainpart) }

    public var isBare: Bool { !description.utf8.contains(UInt8(ascii: "/")) }
    public var isDomain: Bool { isBare && localpart == nil }

    /// Whether both are of one account, or one domain without an account.
    public func isSameAccount(as other: JID) -> Bool { bareText == other.bareText }

    private var bareText: Substring {
        guard let slash = description.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            return description[...]
        }
        return description[..<slash]
    }
}
