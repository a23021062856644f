import CPostgreSQL

/// The parameters of one query in the binary format, in one piece of memory that serves again.
///
/// Its user is a connection, and what libpq is given is valid during one call.
struct ParameterBuffer: ~Copyable {
    /// The server takes no message longer than a gigabyte; less, because the rest is part of it.
    static let byteLimit = 900 << 20
    /// Parameters of one statement, at most: the protocol counts them with 16 bits.
    static let bound = 65_535
    /// What is kept for the next query, at most.
    private static let keptBytes = 1 << 20

    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 8)
    private var count = 0
    private var offsets: [Int] = []
    private var values: [UnsafePointer<CChar>?] = []
    private var lengths: [CInt] = []
    private var formats: [CInt] = []
    private var types: [Oid] = []

    deinit { memory.deallocate() }

    /// Fills the buffer.
    ///
    /// - Returns: whether they are small enough to be sent.
    mutating func encode(_ parameters: [Parameter]) -> Bool {
        reset()
        for parameter in parameters {
            offsets.append(count)
            put(parameter)
            guard count <= Self.byteLimit else { return false }
            lengths.append(CInt(count - offsets[offsets.count - 1]))
            types.append(parameter.type.rawValue)
        }
        while formats.count < parameters.count { formats.append(1) }
        for (parameter, offset) in zip(parameters, offsets) {
            let start = memory.baseAddress.map { UnsafeRawPointer($0 + offset) }
            let value = start?.assumingMemoryBound(to: CChar.self)
            values.append(parameter == .null ? nil : value)
        }
        return true
    }

    private mutating func reset() {
        if memory.count > Self.keptBytes {
            memory.deallocate()
            memory = .allocate(byteCount: 4096, alignment: 8)
        }
        count = 0
        offsets.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        types.removeAll(keepingCapacity: true)
    }

    /// Hands what was encoded to libpq.
    borrowing func withArguments<R>(
        _ body: (
            CInt, UnsafePointer<Oid>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<CInt>?,
            UnsafePointer<CInt>?
        ) -> R
    ) -> R {
        types.withUnsafeBufferPointer { types in
            values.withUnsafeBufferPointer { values in
                lengths.withUnsafeBufferPointer { lengths in
                    formats.withUnsafeBufferPointer { formats in
                        body(
                            CInt(values.count),
                            types.baseAddress,
                            values.baseAddress,
                            lengths.baseAddress,
                            formats.baseAddress
                        )
                    }
                }
            }
        }
    }
}

// MARK: The binary format

extension ParameterBuffer {
    private mutating func put(_ parameter: Parameter) {
        switch parameter {
        case .null: break
        case .integer(let value): put(value)
        case .boolean(let value): put(value ? 1 : 0 as UInt8)
        case .text(let value): put(value)
        case .bytes(let value): put(value)
        case .time(let value): put(Self.serverTime(value))
        case .integers(let values):
            putArray(values, of: .int8) { $0.putElement($1) }
        case .booleans(let values):
            putArray(values, of: .bool) {
                $0.put(Int32(1))
                $0.put($1 ? 1 : 0 as UInt8)
            }
        case .texts(let values):
            putArray(values, of: .text) { buffer, value in
                buffer.putSized(value) { buffer, value in buffer.put(value) }
            }
        case .byteStrings(let values):
            putArray(values, of: .bytea) { buffer, value in
                buffer.putSized(value) { buffer, value in buffer.put(value) }
            }
        case .times(let values):
            putArray(values, of: .timestamptz) { $0.putElement($1.map(Self.serverTime)) }
        }
    }

    /// One dimension, indices from 1: `array_recv` in the server reads it.
    private mutating func putArray<Element>(
        _ values: [Element],
        of type: ServerType,
        _ putElement: (inout ParameterBuffer, Element) -> Void
    ) {
        put(Int32(values.isEmpty ? 0 : 1))
        put(Int32(1))  // There may be nulls; nobody minds if there are none.
        put(type.rawValue)
        guard !values.isEmpty else { return }
        put(Int32(truncatingIfNeeded: values.count))
        put(Int32(1))
        for value in values where count <= Self.byteLimit { putElement(&self, value) }
    }

    private mutating func putElement(_ value: Int64?) {
        guard let value else { return put(Int32(-1)) }
        put(Int32(8))
        put(value)
    }

    private mutating func putSized<Value>(
        _ value: Value?,
        _ body: (inout ParameterBuffer, Value) -> Void
    ) {
        guard let value else { return put(Int32(-1)) }
        let place = count
        put(Int32(0))
        body(&self, value)
        let length = Int32(truncatingIfNeeded: count - place - 4).bigEndian
        memory.storeBytes(of: length, toByteOffset: place, as: Int32.self)
    }

    private mutating func put<Number: FixedWidthInteger & BitwiseCopyable>(_ value: Number) {
        let size = MemoryLayout<Number>.size
        reserve(size)
        memory.storeBytes(of: value.bigEndian, toByteOffset: count, as: Number.self)
        count += size
    }

    private mutating func put(_ text: String) {
        var text = text
        text.withUTF8 { put(UnsafeRawBufferPointer($0)) }
    }

    private mutating func put(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { put($0) }
    }

    private mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        reserve(bytes.count)
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    private mutating func reserve(_ size: Int) {
        guard count + size > memory.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(2 * memory.count, count + size),
            alignment: 8
        )
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
        memory.deallocate()
        memory = larger
    }

    /// Held to what 64 bits can say, where the server's `infinity` stands for the ends.
    private static func serverTime(_ value: Int64) -> Int64 {
        let (time, overflows) = value.subtractingReportingOverflow(ServerType.epochOffset)
        return overflows ? .min : time
    }
}
