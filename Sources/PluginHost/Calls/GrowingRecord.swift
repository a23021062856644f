import CPlugin

/// A structure of the ABI that begins with its `size` and that fields are only appended to.
///
/// A plugin may be older than the server, and know less of it, or newer, and know more.
protocol GrowingRecord {
    init()
    var size: UInt32 { get set }
    /// How large it was in version 1.0, which every plugin knows.
    static var firstSize: Int { get }
}

extension GrowingRecord {
    /// What a plugin gave; what it did not know of is zero.
    ///
    /// Nil when there is less than version 1.0 had.
    init?(reading pointer: UnsafeRawPointer?) {
        guard let pointer, let size = Self.statedSize(at: pointer) else { return nil }
        self.init()
        withUnsafeMutableBytes(of: &self) {
            $0.copyMemory(
                from: UnsafeRawBufferPointer(start: pointer, count: min(size, $0.count))
            )
        }
    }

    /// Gives a plugin as much as it asked for.
    ///
    /// - Returns: false when that is less than version 1.0 had.
    func write(to pointer: UnsafeMutablePointer<Self>?) -> Bool {
        guard let pointer, let size = Self.statedSize(at: pointer) else { return false }
        var given = self
        given.size = pointer.pointee.size
        withUnsafeBytes(of: given) {
            UnsafeMutableRawPointer(pointer).copyMemory(
                from: $0.baseAddress.unsafelyUnwrapped,
                byteCount: min(size, $0.count)
            )
        }
        return true
    }

    private static func statedSize(at pointer: UnsafeRawPointer) -> Int? {
        let size = Int(pointer.loadUnaligned(as: UInt32.self))
        return size >= firstSize ? size : nil
    }
}

extension martlet_hook: GrowingRecord { static let firstSize = 80 }
extension martlet_iq: GrowingRecord { static let firstSize = 72 }
extension martlet_item: GrowingRecord { static let firstSize = 64 }
extension martlet_outcome: GrowingRecord { static let firstSize = 136 }
extension martlet_operation: GrowingRecord { static let firstSize = 160 }
extension martlet_filter: GrowingRecord { static let firstSize = 48 }
extension martlet_auth: GrowingRecord { static let firstSize = 24 }
extension martlet_head: GrowingRecord { static let firstSize = 48 }
extension martlet_stream: GrowingRecord { static let firstSize = 56 }
extension martlet_server: GrowingRecord { static let firstSize = 48 }
extension martlet_draft: GrowingRecord { static let firstSize = 96 }
extension martlet_edit: GrowingRecord { static let firstSize = 88 }
extension martlet_leaf: GrowingRecord { static let firstSize = 72 }
