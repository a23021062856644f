import CPlugin

/// An address of a stanza, which it keeps: it is compared without a text being made of it.
///
/// Unchecked: bytes that live as long as the stanza does, and never change.
public struct AddressView: @unchecked Sendable {
    private let stanza: Stanza
    private let raw: martlet_str

    fileprivate init?(_ raw: martlet_str, of stanza: Stanza) {
        guard !raw.isEmpty else { return nil }
        self.raw = raw
        self.stanza = stanza
    }

    public var jid: JID { JID(prepared: raw.string) }

    /// The bare address.
    public var bareText: String { String(decoding: bareBytes, as: UTF8.self) }

    public var isBare: Bool { bareBytes.count == raw.len }

    /// Whether both are of one account, or one domain without an account.
    public func isSameAccount(as other: AddressView) -> Bool {
        bareBytes.elementsEqual(other.bareBytes)
    }

    /// The same, of a bare address.
    public func isOf(_ account: JID) -> Bool {
        var text = account.description
        return text.withUTF8 { bareBytes.elementsEqual(UnsafeRawBufferPointer($0)) }
    }

    private var bareBytes: UnsafeRawBufferPointer {
        let bytes = raw.bytes
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else { return bytes }
        return UnsafeRawBufferPointer(rebasing: bytes[..<slash])
    }
}

extension Stanza {
    /// Whom it is to.
    public var addressee: AddressView? { AddressView(head.to, of: self) }

    /// Whom it is from.
    public var sender: AddressView? { AddressView(head.from, of: self) }
}
