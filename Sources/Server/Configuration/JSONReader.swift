/// Reads JSON (RFC 8259) and remembers lines, which `JSONDecoder` does not.
struct JSONReader {
    private let bytes: [UInt8]
    private var at = 0
    private var line = 1

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

    private func fault(_ reason: String) -> ConfigError {
        ConfigError(path: "", line: line, "the file is not JSON: \(reason)")
    }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            if byte == 0x0A { line += 1 }
            at += 1
        }
    }

    private mutating func takes(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    private mutating func value(depth: Int) throws(ConfigError) -> JSONNode {
        skipSpace()
        guard depth < Self.depthLimit else { throw fault("it is nested too deeply") }
        let start = line
        let value: JSONNode.Value
        switch next {
        case UInt8(ascii: "{"): value = try object(depth: depth)
        case UInt8(ascii: "["): value = try array(depth: depth)
        case UInt8(ascii: "\""): value = .string(try string())
        case nil: throw fault("it ends too early")
        default: value = try word()
        }
        return JSONNode(value: value, line: start)
    }

    private mutating func object(depth: Int) throws(ConfigError) -> JSONNode.Value {
        at += 1
        var members: [(key: String, node: JSONNode)] = []
        if takes("}") { return .object(members) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw fault("a key in quotes is expected") }
            let key = try string()
            guard takes(":") else { throw fault("':' is expected after \"\(key)\"") }
            if members.contains(where: { $0.key == key }) {
                throw fault("the key \"\(key)\" is there twice")
            }
            members.append((key, try value(depth: depth + 1)))
        } while takes(",")
        guard takes("}") else { throw fault("',' or '}' is expected") }
        return .object(members)
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
        let start = at
        while let byte = next, Self.isWordByte(byte) { at += 1 }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        switch text {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        default:
            guard let first = text.utf8.first, first == UInt8(ascii: "-") || Self.isDigit(first),
                let number = Double(text), number.isFinite
            else { throw fault(text.isEmpty ? "a value is expected" : "'\(text)' is no value") }
            return .number(number)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || byte == UInt8(ascii: "E") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
    }

    private mutating func string() throws(ConfigError) -> String {
        at += 1
        var text: [UInt8] = []
        while let byte = next {
            at += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw fault("a string is not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"): text += Array(try escape().utf8)
            case 0..<0x20: throw fault("a string has a line break or a control character in it")
            default: text.append(byte)
            }
        }
        throw fault("a string has no end")
    }

    private mutating func escape() throws(ConfigError) -> String {
        let escapes: [UInt8: String] = [
            UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/",
            UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "n"): "\n",
            UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
        ]
        guard let byte = next else { throw fault("a string has no end") }
        at += 1
        if let character = escapes[byte] { return character }
        guard byte == UInt8(ascii: "u") else { throw fault("an unknown escape in a string") }
        var units = [try unit()]
        if UTF16.isLeadSurrogate(units[0]), next == UInt8(ascii: "\\") {
            at += 2
            units.append(try unit())
        }
        guard let text = String(validating: units, as: UTF16.self) else {
            throw fault("half a character in a string")
        }
        return text
    }

    private mutating func unit() throws(ConfigError) -> UInt16 {
        guard at + 4 <= bytes.count,
            let unit = UInt16(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
        else { throw fault("four digits are expected after \\u") }
        at += 4
        return unit
    }
}
