import CLinux
import Glibc

/// Looks up the addresses of a host (A and AAAA, in the system's order of preference).
///
/// The system's resolver blocks, so each call has a thread of its own while it lasts.
public func resolve(host: String, port: UInt16) async throws(NetError) -> [SocketAddress] {
    if let address = SocketAddress(host, port: port) { return [address] }
    let result = await withCheckedContinuation { continuation in
        pthread_detach(
            startThread(named: "martlet-dns") {
                continuation.resume(returning: lookUp(host, port: port))
            }
        )
    }
    return try result.get()
}

private func lookUp(_ host: String, port: UInt16) -> Result<[SocketAddress], NetError> {
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, nil, &hints, &list)
    guard status == 0 else {
        return .failure(NetError("resolve \(host)", reason: String(cString: gai_strerror(status))))
    }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    for entry in sequence(first: list, next: { $0?.pointee.ai_next }) {
        guard let entry, let address = SocketAddress(entry.pointee) else { continue }
        addresses.append(address.with(port: port))
    }
    return .success(addresses)
}

extension SocketAddress {
    fileprivate init?(_ entry: addrinfo) {
        guard let address = entry.ai_addr else { return nil }
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) { target in
            let length = min(Int(entry.ai_addrlen), target.count)
            target.copyMemory(from: UnsafeRawBufferPointer(start: address, count: length))
        }
        self.init(storage)
    }
}
