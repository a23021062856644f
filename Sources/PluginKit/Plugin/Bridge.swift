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
        let byteCount = reduce(0) { $0 + $1.utf8.count }
        return withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 1) { bytes in
            withUnsafeTemporaryAllocation(of: martlet_str.self, capacity: count) { texts in
                var copier = TextCopier(rest: bytes)
                for index in indices {
                    texts.initializeElement(at: index, to: copier.copy(self[index]))
                }
                return body(UnsafeBufferPointer(texts))
            }
        }
    }
}

extension KeyValuePairs<String, String> {
    /// Lends two texts and all of these to one call.
    func lend<R>(
        behind first: String,
        _ second: String,
        _ body: (martlet_str, martlet_str, UnsafeBufferPointer<martlet_pair>) -> R
    ) -> R {
        let own = reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        let byteCount = own + first.utf8.count + second.utf8.count
        return withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 1) { bytes in
            withUnsafeTemporaryAllocation(of: martlet_pair.self, capacity: count) { pairs in
                var copier = TextCopier(rest: bytes)
                for index in 0..<count {
                    let name = copier.copy(self[index].key)
                    let pair = martlet_pair(name: name, value: copier.copy(self[index].value))
                    pairs.initializeElement(at: index, to: pair)
                }
                let (first, second) = (copier.copy(first), copier.copy(second))
                return body(first, second, UnsafeBufferPointer(pairs))
            }
        }
    }
}

/// Copies texts beside each other, into memory that has room for them.
private struct TextCopier {
    var rest: UnsafeMutableRawBufferPointer

    mutating func copy(_ text: String) -> martlet_str {
        let copy = UnsafeMutableRawBufferPointer(rebasing: rest[..<text.utf8.count])
        copy.copyBytes(from: text.utf8)
        rest = UnsafeMutableRawBufferPointer(rebasing: rest[copy.count...])
        return martlet_str(
            UnsafeBufferPointer(
                start: copy.baseAddress?.assumingMemoryBound(to: UInt8.self),
                count: copy.count
            )
        )
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
