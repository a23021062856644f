import Foundation
import Logging

/// The local socket on which a running server takes administrators' requests.
///
/// Whoever may open the file may do everything, so it belongs to the server's user alone (mode 0600).
/// A thread of its own accepts and reads; requests are few, and none may keep a shard waiting.
final class AdminSocket: Sendable {
    private let descriptor: CInt
    private let path: String

    /// The longest request, in bytes, and how long a client may take to send it.
    private static let requestLimit = 64 * 1024
    private static let patienceSeconds = 5

    /// - Throws: `AdminFault` when another server has the socket, or the folder cannot be written.
    static func open(at path: String, desk: AdminDesk, log: Logger) throws -> AdminSocket {
        if let other = try? UnixSocket.connect(to: path) {
            Foundation.close(other)
            throw AdminFault("another server is running on \(path)")
        }
        try Folder.make(for: path)
        let descriptor = try UnixSocket.listen(at: path)
        let socket = AdminSocket(descriptor, path)
        Thread.detachNewThread { socket.serve(desk) }
        return socket
    }

    private init(_ descriptor: CInt, _ path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Takes no more requests and removes the file.
    func close() {
        unlink(path)
        shutdown(descriptor, CInt(SHUT_RDWR))
    }

    private func serve(_ desk: AdminDesk) {
        while true {
            let client = accept(descriptor, nil, nil)
            guard client >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                guard errno == EMFILE || errno == ENFILE || errno == ENOMEM else { break }
                // It passes; without this socket, administrators would write past the server.
                Thread.sleep(forTimeInterval: 0.1)
                continue
            }
            UnixSocket.setTimeout(of: client, seconds: Self.patienceSeconds)
            let line = UnixSocket.readLine(from: client, limit: Self.requestLimit)
            // Answered when the desk is done; the thread goes on accepting meanwhile.
            Task {
                let reply = await Self.reply(to: line, by: desk)
                UnixSocket.write(reply + [UInt8(ascii: "\n")], to: client)
                Foundation.close(client)
            }
        }
        Foundation.close(descriptor)
    }

    private static func reply(to line: [UInt8], by desk: AdminDesk) async -> [UInt8] {
        let reply: AdminReply
        if let request = try? JSONDecoder().decode(AdminRequest.self, from: Data(line)) {
            reply = await desk.reply(to: request)
        } else {
            reply = AdminReply(error: "the request is not understood")
        }
        return [UInt8]((try? JSONEncoder().encode(reply)) ?? Data("{}".utf8))
    }
}
