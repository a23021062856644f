/// The part of a DNS message's form that a name server of the tests speaks (RFC 1035 §4).
struct Message {
    /// A record of an answer: its data as on the wire.
    struct Record: Sendable {
        var name: String
        var kind: UInt16
        var data: [UInt8]
        var seconds: UInt32 = 300
    }

    let id: UInt16
    let name: String
    let kind: UInt16
    /// The question as it came, to be sent back.
    private let question: [UInt8]
    /// Whether the asker does (RFC 6891 §6.1); it is answered in the same way, signatures allowed.
    private let knowsEDNS: Bool

    init?(_ bytes: [UInt8]) {
        guard bytes.count > 16 else { return nil }
        id = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        var labels: [String] = []
        var place = 12
        while place < bytes.count, bytes[place] > 0 {
            let end = place + 1 + Int(bytes[place])
            guard end < bytes.count else { return nil }
            labels.append(String(decoding: bytes[(place + 1)..<end], as: UTF8.self))
            place = end
        }
        guard place + 5 <= bytes.count else { return nil }
        name = labels.joined(separator: ".").lowercased()
        kind = UInt16(bytes[place + 1]) << 8 | UInt16(bytes[place + 2])
        question = Array(bytes[12..<(place + 5)])
        knowsEDNS = bytes[11] > 0
    }

    func reply(
        _ answers: [Record],
        authority: [Record] = [],
        code: UInt8 = 0,
        isTruncated: Bool = false,
        id: UInt16? = nil
    ) -> [UInt8] {
        let flags: UInt16 = 0x8180 | (isTruncated ? 0x0200 : 0) | UInt16(code)
        let counts = [1, UInt16(answers.count), UInt16(authority.count), knowsEDNS ? 1 : 0]
        let head = [id ?? self.id, flags] + counts
        return head.flatMap(\.wire) + question + (answers + authority).flatMap(encode)
            + (knowsEDNS ? [0, 0, 41, 4, 0xD0, 0, 0, 0x80, 0, 0, 0] : [])
    }

    private func encode(_ record: Record) -> [UInt8] {
        // The question's name needs two bytes, a pointer to it (§4.1.4).
        let name = record.name == self.name ? [0xC0, 12] : record.name.wireName
        return name + record.kind.wire + UInt16(1).wire + record.seconds.wire
            + UInt16(record.data.count).wire + record.data
    }
}

extension Message.Record {
    static func a(_ name: String, _ address: String, for seconds: UInt32 = 300) -> Self {
        let data = address.split(separator: ".").compactMap { UInt8($0) }
        return Self(name: name, kind: 1, data: data, seconds: seconds)
    }

    static func aaaa(_ name: String, _ last: UInt8) -> Self {
        Self(name: name, kind: 28, data: [0x2A] + .init(repeating: 0, count: 14) + [last])
    }

    static func cname(_ name: String, _ target: String) -> Self {
        Self(name: name, kind: 5, data: target.wireName)
    }

    static func srv(
        _ name: String,
        _ target: String,
        port: UInt16 = 5269,
        priority: UInt16 = 0,
        weight: UInt16 = 0,
        for seconds: UInt32 = 300
    ) -> Self {
        let data = priority.wire + weight.wire + port.wire + target.wireName
        return Self(name: name, kind: 33, data: data, seconds: seconds)
    }

    /// The start of authority, which tells how long there will be no record (RFC 2308 §5).
    static func soa(_ zone: String, for seconds: UInt32) -> Self {
        let numbers = [1, 7200, 3600, 86400, seconds].flatMap(\.wire)
        let data = "ns.\(zone)".wireName + "root.\(zone)".wireName + numbers
        return Self(name: zone, kind: 6, data: data, seconds: seconds)
    }
}

extension String {
    /// A name in labels with their lengths.
    var wireName: [UInt8] {
        split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }
}

extension FixedWidthInteger {
    /// In network order.
    var wire: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
