/// Write buffers lent to transports while they have something to write.
///
/// Bounds: 4 MiB in all, no buffer above 64 KiB; the others are freed. A turn in which hundreds are written to
/// so finds all of theirs again.
package struct BufferPool {
    private static let mostBytes = 4 * 1024 * 1024
    private static let largest = 64 * 1024
    private static let smallest = 4 * 1024

    private var buffers: [[UInt8]] = []
    private var bytes = 0

    package mutating func take() -> [UInt8] {
        if let buffer = buffers.popLast() {
            bytes -= buffer.capacity
            return buffer
        }
        var buffer: [UInt8] = []
        buffer.reserveCapacity(Self.smallest)
        return buffer
    }

    /// Takes a buffer back and leaves an empty array without memory in its place.
    package mutating func giveBack(_ buffer: inout [UInt8]) {
        var given: [UInt8] = []
        swap(&given, &buffer)
        guard given.capacity > 0, given.capacity <= Self.largest,
            bytes + given.capacity <= Self.mostBytes
        else { return }
        given.removeAll(keepingCapacity: true)
        bytes += given.capacity
        buffers.append(given)
    }
}
