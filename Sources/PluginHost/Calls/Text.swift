import CPlugin
import MartletCore

extension martlet_str {
    static var none: martlet_str { martlet_str(ptr: nil, len: 0) }

    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(
            ptr: bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
            len: bytes.count
        )
    }

    var isEmpty: Bool { len == 0 || ptr == nil }

    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: ptr, count: ptr == nil ? 0 : len)
    }

    /// What a plugin wrote; bytes that are no UTF-8 become U+FFFD.
    var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Nil for none.
    var text: String? { isEmpty ? nil : string }

    /// The address, prepared; nil for none and for what is no address.
    var address: JID? { isEmpty ? nil : try? JID(utf8: bytes) }
}

extension String {
    /// Lends the text to a call.
    func lend<R>(_ body: (martlet_str) -> R) -> R {
        var text = self
        return text.withUTF8 { body(martlet_str(UnsafeRawBufferPointer($0))) }
    }
}

/// Copies text out to a caller's buffer, and answers how long it is.
func copyOut(
    _ bytes: UnsafeRawBufferPointer,
    _ buffer: UnsafeMutablePointer<CChar>?,
    _ capacity: Int
) -> Int64 {
    if let buffer, bytes.count <= capacity {
        UnsafeMutableRawPointer(buffer).copyMemory(
            from: bytes.baseAddress ?? UnsafeRawPointer(buffer),
            byteCount: bytes.count
        )
    }
    return Int64(bytes.count)
}

func copyOut(_ text: String?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> Int64 {
    guard var text else { return Int64(MARTLET_ENOENT) }
    return text.withUTF8 { copyOut(UnsafeRawBufferPointer($0), buffer, capacity) }
}

/// A text in memory of its own, so that C can point at it.
///
/// Unchecked: nothing writes to it once it is made.
final class KeptText: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer

    convenience init(_ text: String) {
        var text = text
        self.init(text.withUTF8 { KeptText.copy(UnsafeRawBufferPointer($0)) })
    }

    convenience init(_ bytes: [UInt8]) {
        self.init(bytes.withUnsafeBytes { KeptText.copy($0) })
    }

    private init(_ memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    private static func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutableRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        memory.copyMemory(from: bytes)
        return memory
    }

    deinit { memory.deallocate() }

    var text: martlet_str { martlet_str(UnsafeRawBufferPointer(memory)) }
}
