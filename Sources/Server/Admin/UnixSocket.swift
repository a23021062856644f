import Foundation

/// Blocking sockets in the file system, for a line there and a line back.
enum UnixSocket {
    static func connect(to path: String) throws(AdminFault) -> CInt {
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        guard withAddress(path, { Foundation.connect(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            throw AdminFault("no server answers on \(path)")
        }
        return descriptor
    }

    /// Sends a line and gives the one that answers it.
    ///
    /// Waits on a thread of its own, for so many seconds: the server that answers may be in this very
    /// process.
    static func ask(
        _ request: [UInt8],
        at path: String,
        patience: Int = 30
    ) async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try exchange(request, path, patience) })
            }
        }
    }

    private static func exchange(
        _ request: [UInt8],
        _ path: String,
        _ patience: Int
    ) throws -> [UInt8] {
        let descriptor = try connect(to: path)
        defer { close(descriptor) }
        setTimeout(of: descriptor, seconds: patience)
        write(request + [UInt8(ascii: "\n")], to: descriptor)
        return readLine(from: descriptor, limit: 16 * 1024 * 1024)
    }

    static func listen(at path: String) throws(AdminFault) -> CInt {
        unlink(path)
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        // Closed to others before anybody can connect; the process's mask is not for one thread to change.
        guard withAddress(path, { bind(descriptor, $0, $1) }) == 0, chmod(path, 0o600) == 0,
            Foundation.listen(descriptor, 16) == 0
        else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw AdminFault("cannot listen on \(path): \(reason)")
        }
        return descriptor
    }

    static func setTimeout(of descriptor: CInt, seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
    }

    /// The bytes before the first line feed, or before the end or the limit.
    static func readLine(from descriptor: CInt, limit: Int) -> [UInt8] {
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while line.count < limit {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            line.append(contentsOf: chunk[..<count])
            if let end = line.firstIndex(of: UInt8(ascii: "\n")) { return Array(line[..<end]) }
        }
        return line
    }

    static func write(_ bytes: [UInt8], to descriptor: CInt) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private static func withAddress(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return -1 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
