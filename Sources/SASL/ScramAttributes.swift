/// The comma-separated `letter=value` fields that SCRAM's messages are made of (RFC 5802 §5.1).
struct ScramAttributes {
    /// The fields that were not taken yet; nil when all were.
    private var rest: ArraySlice<UInt8>?

    /// The longest message that is looked at, in bytes: two names of 1023 bytes, escaped, fit well.
    static let byteLimit = 8192

    init(_ message: ArraySlice<UInt8>) throws(SASLFailure) {
        guard message.count <= Self.byteLimit else { throw .malformedRequest }
        rest = message
    }

    /// Takes the next field, which must have this letter.
    mutating func next(_ letter: Unicode.Scalar) throws(SASLFailure) -> ArraySlice<UInt8> {
        guard let field = takeFirst(), let value = Self.value(of: field, letter) else {
            throw .malformedRequest
        }
        return value
    }

    /// Takes the last field, which must have this letter.
    mutating func last(_ letter: Unicode.Scalar) throws(SASLFailure) -> ArraySlice<UInt8> {
        guard let rest else { throw .malformedRequest }
        let comma = rest.lastIndex(of: UInt8(ascii: ","))
        let field = comma.map { rest[($0 + 1)...] } ?? rest
        guard let value = Self.value(of: field, letter) else { throw .malformedRequest }
        self.rest = comma.map { rest[..<$0] }
        return value
    }

    private mutating func takeFirst() -> ArraySlice<UInt8>? {
        guard let rest else { return nil }
        guard let comma = rest.firstIndex(of: UInt8(ascii: ",")) else {
            self.rest = nil
            return rest
        }
        self.rest = rest[(comma + 1)...]
        return rest[..<comma]
    }

    /// Refuses `m=`, which announces what we would have to understand (RFC 5802 §5.1).
    func refuseMandatoryExtension() throws(SASLFailure) {
        guard let rest, Self.value(of: rest, "m") != nil else { return }
        throw SASLFailure(.malformedRequest, "The mandatory extension is not known here.")
    }

    /// Passes over optional extensions: any letter but those that have a meaning of their own.
    mutating func skipExtensions() throws(SASLFailure) {
        while let field = takeFirst() {
            guard field.count > 2, let letter = field.first, isLetter(letter),
                field[field.startIndex + 1] == UInt8(ascii: "="),
                !"anmrcspvie".utf8.contains(letter)
            else { throw .malformedRequest }
        }
    }

    private static func value(
        of field: ArraySlice<UInt8>,
        _ letter: Unicode.Scalar
    ) -> ArraySlice<UInt8>? {
        guard field.count >= 2, field.first == UInt8(ascii: letter),
            field[field.startIndex + 1] == UInt8(ascii: "=")
        else { return nil }
        return field.dropFirst(2)
    }
}

/// A name in which `=2C` and `=3D` stand for `,` and `=` (RFC 5802 §5.1, `saslname`).
enum SASLName {
    /// Reads a name; nil when it is empty, not UTF-8, holds NUL or `=` without one of the two codes.
    static func decode(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.contains(UInt8(ascii: "=")) else { return text(bytes) }
        var out: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "=") else {
                out.append(byte)
                continue
            }
            switch rest.prefix(2) {
            case [UInt8(ascii: "2"), UInt8(ascii: "C")]: out.append(UInt8(ascii: ","))
            case [UInt8(ascii: "3"), UInt8(ascii: "D")]: out.append(UInt8(ascii: "="))
            default: return nil
            }
            rest = rest.dropFirst(2)
        }
        return text(out[...])
    }

    static func encode(_ name: String) -> [UInt8] {
        name.utf8.flatMap { byte in
            switch byte {
            case UInt8(ascii: ","): Array("=2C".utf8)
            case UInt8(ascii: "="): Array("=3D".utf8)
            default: [byte]
            }
        }
    }
}

/// UTF-8 without NUL and not empty, or nil.
func text(_ bytes: ArraySlice<UInt8>) -> String? {
    guard !bytes.isEmpty, !bytes.contains(0) else { return nil }
    return String(validating: bytes, as: UTF8.self)
}

/// A nonce: ASCII without blanks, controls and commas (RFC 5802 §7, `printable`).
func checkedNonce(_ bytes: ArraySlice<UInt8>) throws(SASLFailure) -> [UInt8] {
    let printable = UInt8(ascii: "!")...UInt8(ascii: "~")
    guard !bytes.isEmpty, bytes.allSatisfy({ printable ~= $0 }) else { throw .malformedRequest }
    return Array(bytes)
}

func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}
