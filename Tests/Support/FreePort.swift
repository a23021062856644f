import Glibc
import Synchronization

/// A port of 127.0.0.1 that nobody has, and that nobody else is given before its server takes it.
///
/// A server takes seconds to begin. The ports are below those that the system gives to who asks for any, which
/// others may have by then, and each is given once.
package func freePort() throws -> UInt16 {
    for _ in 0..<1_000 {
        let port = nextPort()
        if isFree(port) { return port }
    }
    throw PostgreSQLServer.Failure(description: "no port of 127.0.0.1 is free")
}

private let ports: Range<UInt16> = 10_000..<30_000

/// Each process of tests begins elsewhere.
private let lastPort = Mutex(UInt16.random(in: ports))

private func nextPort() -> UInt16 {
    lastPort.withLock { port in
        port = port + 1 < ports.upperBound ? port + 1 : ports.lowerBound
        return port
    }
}

private func isFree(_ port: UInt16) -> Bool {
    let socket = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafeBytes(of: &address) { bytes in
        let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
        return bind(socket, address, socklen_t(bytes.count)) == 0
    }
}
