/// Write buffers lent to transports while they have something to write.
///
/// Bounds: 64 buffers, none above 64 KiB; the others are freed.
package struct BufferPool {
    private static let most = 64
    private static let largest = 64 * 1024
    private static let smallest = 4 * 1024

    private var buffers: [[UInt8]] = []

    package mutating func take() -> [UInt8] {
        if let buffer = buffers.popLast() { return buffer }
        var buffer: [UInt8] = []
        buffer.reserveCapacity(Self.smallest)
        return buffer
    }

    /// Takes a buffer back and leaves an empty array without memory in its place.
    package mutating func giveBack(_ buffer: inout [UInt8]) {
        var given: [UInt8] = []
        swap(&given, &buffer)
        guard given.capacity > 0, given.capacity <= Self.largest, buffers.count < Self.most else {
            return
        }
        given.removeAll(keepingCapacity: true)
        buffers.append(given)
    }
}
