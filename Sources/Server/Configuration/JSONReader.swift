/// Reads JSON (RFC 8259) and remembers places, which `JSONDecoder` does not.
struct JSONReader {
    private let bytes: [UInt8]
    private var at = 0
    private var line = 1
    private var lineStart = 0

    private static let depthLimit = 32

    /// - Throws: `ConfigError` at the first character that does not belong.
    static func read(_ text: String) throws(ConfigError) -> JSONNode {
        var reader = JSONReader(bytes: Array(text.utf8))
        let node = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.at == reader.bytes.count else { throw reader.fault("nothing may follow here") }
        return node
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }
    private var place: TextPlace { TextPlace(line: line, column: at - lineStart + 1) }

    private func fault(_ reason: String) -> ConfigError { fault(at: place, reason) }

    private func fault(at place: TextPlace, _ reason: String) -> ConfigError {
        ConfigError(path: "", at: place, "the file is not JSON: \(reason)")
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            at += 1
            guard byte == 0x0A else { continue }
            line += 1
            lineStart = at
        }
    }

    private mutating func takes(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }
}

// MARK: Values

extension JSONReader {
    private mutating func value(depth: Int) throws(ConfigError) -> JSONNode {
        skipSpace()
        guard depth < Self.depthLimit else { throw fault("it is nested too deeply") }
        let (place, start) = (place, at)
        let value: JSONNode.Value
        switch next {
        case UInt8(ascii: "{"): value = try object(depth: depth)
        case UInt8(ascii: "["): value = try array(depth: depth)
        case UInt8(ascii: "\""): value = .string(try string())
        case let byte where Self.beginsComment(byte): throw fault("it has no comments")
        case nil: throw fault("it ends too early")
        default: value = try word()
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        return JSONNode(value: value, place: place, text: text)
    }

    private mutating func object(depth: Int) throws(ConfigError) -> JSONNode.Value {
        at += 1
        var members: [JSONMember] = []
        var keys: Set<String> = []
        if takes("}") { return .object(members) }
        repeat {
            skipSpace()
            let start = place
            guard next == UInt8(ascii: "\"") else { throw faultOfKey }
            let key = try string()
            guard keys.insert(key).inserted else {
                throw fault(at: start, "the key \"\(key)\" is there twice")
            }
            guard takes(":") else { throw fault("':' is expected after \"\(key)\"") }
            members.append(JSONMember(key: key, place: start, node: try value(depth: depth + 1)))
        } while takes(",")
        guard takes("}") else { throw fault("',' or '}' is expected") }
        return .object(members)
    }

    private var faultOfKey: ConfigError {
        fault(Self.beginsComment(next) ? "it has no comments" : "a key in quotes is expected")
    }

    private static func beginsComment(_ byte: UInt8?) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "#")
    }

    private mutating func array(depth: Int) throws(ConfigError) -> JSONNode.Value {
        at += 1
        var elements: [JSONNode] = []
        if takes("]") { return .array(elements) }
        repeat {
            elements.append(try value(depth: depth + 1))
        } while takes(",")
        guard takes("]") else { throw fault("',' or ']' is expected") }
        return .array(elements)
    }

    /// A number, `true`, `false` or `null`.
    private mutating func word() throws(ConfigError) -> JSONNode.Value {
        let (place, start) = (place, at)
        while let byte = next, Self.isWordByte(byte) { at += 1 }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        switch text {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        case "": throw fault(at: place, "a value is expected")
        default:
            guard Self.isNumber(text), let number = Double(text), number.isFinite else {
                throw fault(at: place, "'\(text)' is no value")
            }
            return .number(number)
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "0"..."9", "a"..."z", "A"..."Z", "-", "+", ".", "_": true
        default: false
        }
    }

    /// RFC 8259 §6; by hand, because a regular expression took two thirds of all the time.
    private static func isNumber(_ text: String) -> Bool {
        var rest = Substring(text)
        func skip(_ characters: Set<Character>) -> Bool {
            guard let first = rest.first, characters.contains(first) else { return false }
            rest.removeFirst()
            return true
        }
        func skipDigits() -> Bool {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest[digits.endIndex...]
            return !digits.isEmpty
        }
        _ = skip(["-"])
        guard skip(["0"]) || skipDigits() else { return false }
        if skip(["."]), !skipDigits() { return false }
        if skip(["e", "E"]) {
            _ = skip(["+", "-"])
            guard skipDigits() else { return false }
        }
        return rest.isEmpty
    }
}

// MARK: Strings

extension JSONReader {
    private mutating func string() throws(ConfigError) -> String {
        let start = place
        at += 1
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                at += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                at += 1
                text += Array(try escape().utf8)
            case 0..<0x20: throw fault("a string has a line break or a control character in it")
            default:
                at += 1
                text.append(byte)
            }
        }
        throw fault(at: start, "a string has no end")
    }

    private mutating func escape() throws(ConfigError) -> String {
        guard let byte = next else { throw fault("a string has no end") }
        at += 1
        switch Unicode.Scalar(byte) {
        case "\"", "\\", "/": return String(Unicode.Scalar(byte))
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u": return try character()
        default: throw fault("an unknown escape in a string")
        }
    }

    /// One character written as `\uXXXX`, or as two of these (RFC 8259 §7).
    private mutating func character() throws(ConfigError) -> String {
        var units = [try unit()]
        if UTF16.isLeadSurrogate(units[0]), bytes[at...].starts(with: Array("\\u".utf8)) {
            at += 2
            units.append(try unit())
        }
        guard let text = String(validating: units, as: UTF16.self) else {
            throw fault("half a character in a string")
        }
        return text
    }

    private mutating func unit() throws(ConfigError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault("four digits are expected after \\u")
            }
            unit = unit << 4 | UInt16(digit)
            at += 1
        }
        return unit
    }
}
