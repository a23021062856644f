import CPlugin

/// The server's functions, for this plugin.
///
/// Unchecked: written once, while the plugin loads, before anything else of it runs.
enum Core {
    nonisolated(unsafe) static var table: UnsafePointer<martlet_core>?

    /// Nothing is called before `load`.
    @inline(__always)
    static var functions: UnsafePointer<martlet_core> { table.unsafelyUnwrapped }
}

extension martlet_str {
    static var none: martlet_str { martlet_str(ptr: nil, len: 0) }

    var isEmpty: Bool { len == 0 || ptr == nil }

    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: ptr, count: ptr == nil ? 0 : len)
    }

    var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Nil for none.
    var text: String? { isEmpty ? nil : string }

    init(_ literal: StaticString) {
        self.init(
            ptr: UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self),
            len: literal.utf8CodeUnitCount
        )
    }

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.init(
            ptr: UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self),
            len: bytes.count
        )
    }
}

extension String {
    /// Lends the text to a call.
    @inline(__always)
    func lend<R>(_ body: (martlet_str) throws -> R) rethrows -> R {
        var text = self
        return try text.withUTF8 { try body(martlet_str($0)) }
    }

    /// A text that lives as long as the process, for what the host is told once.
    var immortal: martlet_str {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: utf8.count)
        _ = copy.initialize(from: utf8)
        return martlet_str(UnsafeBufferPointer(copy))
    }
}

extension [String] {
    /// Lends all of them to one call.
    func lendAll<R>(_ body: (UnsafeBufferPointer<martlet_str>) -> R) -> R {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for text in self {
            bytes.append(contentsOf: text.utf8)
            ends.append(bytes.count)
        }
        return bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            let texts = ends.map { end in
                defer { start = end }
                return martlet_str(UnsafeBufferPointer(rebasing: bytes[start..<end]))
            }
            return texts.withUnsafeBufferPointer(body)
        }
    }
}

/// Fetches a text that the host copies out; nil for a negative answer.
func fetchText(_ call: (UnsafeMutablePointer<CChar>?, Int) -> Int64?) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer -> String? in
        guard let length = call(buffer.baseAddress, buffer.count), length >= 0 else { return nil }
        let count = Int(length)
        guard count > buffer.count else {
            let bytes = UnsafeRawBufferPointer(start: buffer.baseAddress, count: count)
            return String(decoding: bytes, as: UTF8.self)
        }
        return String(unsafeUninitializedCapacity: count) { room in
            room.withMemoryRebound(to: CChar.self) { room in
                let again = call(room.baseAddress, room.count) ?? 0
                return Int(again) == count ? count : 0
            }
        }
    }
}
