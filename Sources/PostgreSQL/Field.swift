/// One value as the server sent it, whose memory is a result's.
struct Field {
    let type: ServerType
    let bytes: UnsafeRawBufferPointer

    var isText: Bool {
        switch type {
        case .text, .varchar, .bpchar, .name, .json, .unknown, .char: true
        default: false
        }
    }

    /// A whole number of any size; nil if it is none.
    var integer: Int64? {
        switch type {
        case .int8: number(of: Int64.self)
        case .int4: number(of: Int32.self).map(Int64.init)
        case .int2: number(of: Int16.self).map(Int64.init)
        case .oid: number(of: UInt32.self).map(Int64.init)
        case .xid8: number(of: UInt64.self).flatMap(Int64.init(exactly:))
        default: nil
        }
    }

    func number<Number: FixedWidthInteger & BitwiseCopyable>(of type: Number.Type) -> Number? {
        guard bytes.count == MemoryLayout<Number>.size else { return nil }
        return Number(bigEndian: bytes.loadUnaligned(as: type))
    }

    /// The elements of an array of one dimension, or of none; nil for anything else.
    var elements: [Field?]? {
        var rest = bytes[...]
        guard let dimensions = rest.takeNumber(), rest.takeNumber() != nil,
            let type = rest.takeNumber()
        else { return nil }
        if dimensions == 0 { return [] }
        guard dimensions == 1, let count = rest.takeNumber(), rest.takeNumber() != nil,
            count >= 0, Int(count) <= rest.count / 4
        else { return nil }
        var fields: [Field?] = []
        fields.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let length = rest.takeNumber() else { return nil }
            guard length >= 0 else {
                fields.append(nil)
                continue
            }
            guard rest.count >= Int(length) else { return nil }
            let bytes = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(length)))
            fields.append(Field(type: ServerType(rawValue: UInt32(bitPattern: type)), bytes: bytes))
            rest = rest.dropFirst(Int(length))
        }
        return fields
    }
}

extension Slice<UnsafeRawBufferPointer> {
    /// Four bytes, taken from the front.
    fileprivate mutating func takeNumber() -> Int32? {
        guard count >= 4 else { return nil }
        let number = Int32(
            bigEndian: base.loadUnaligned(fromByteOffset: startIndex, as: Int32.self)
        )
        self = dropFirst(4)
        return number
    }
}
