import Glibc
import MartletNet
import Synchronization
import TestSupport

/// A name server on loopback that says what a test wants, over UDP and TCP.
final class NameServer: Sendable {
    enum Reply: Sendable {
        case records([Message.Record])
        /// There are none, for that many seconds.
        case noRecords(UInt32)
        case noSuchName(UInt32)
        /// There are none, which these prove.
        case proof([Message.Record])
        case code(UInt8)
        case silence
        /// Over UDP: come by TCP. Over TCP: these.
        case truncated([Message.Record])
        /// To somebody else's question, and then these to this one.
        case forged([Message.Record], then: [Message.Record])
        case bytes([UInt8])
    }

    typealias Zone = @Sendable (_ name: String, _ kind: UInt16) -> Reply

    private struct Log {
        var questions: [String] = []
        /// Those to whom `silence` was said, with what would be said to them now.
        var unanswered: [@Sendable (Reply) -> Void] = []
        /// What is said in the place of silence, once it was broken.
        var word: Reply?

        /// How many were asked, however often each.
        var differentCount: Int { Set(questions).count }
    }

    let address: SocketAddress
    private let zone: Zone
    private let shard: Shard
    private let listener: Listener
    private let descriptor: CInt
    private let log = Mutex(Log())
    private let waiters = Waiters<Int, Void>()

    init(on shard: Shard, _ zone: @escaping Zone) async throws {
        self.shard = shard
        self.zone = zone
        let received = Received()
        (listener, descriptor) = try await Self.listen(on: shard, received)
        address = listener.address
        received.server.withLock { $0 = self }
        await shard.run { self.watch() }
    }

    /// A zone of records: others there are none of, at names that are there; no other names are.
    static func zone(_ records: [Message.Record]) -> Zone {
        { name, kind in
            let here = records.filter { $0.name == name }
            let fit = here.filter { $0.kind == kind || $0.kind == 5 }
            guard fit.isEmpty else { return .records(follow(fit, kind, records)) }
            let isParent = records.contains { $0.name.hasSuffix("." + name) }
            return here.isEmpty && !isParent ? .noSuchName(60) : .noRecords(60)
        }
    }

    private static func follow(
        _ found: [Message.Record],
        _ kind: UInt16,
        _ records: [Message.Record]
    ) -> [Message.Record] {
        guard let alias = found.first, alias.kind == 5 else { return found }
        return found + records.filter { $0.kind == kind && $0.name.wireName == alias.data }
    }

    /// What was asked so far, `name type` each.
    var questions: [String] { log.withLock { $0.questions } }

    /// Returns when as many different questions came, or when the test is given up.
    ///
    /// libunbound asks again what nobody answers in its own time, which is not the test's.
    func asked(_ count: Int) async {
        await waiters.wait(for: count) {
            log.withLock { $0.differentCount } >= count ? () : nil
        }
    }

    /// Answers what it was silent to, and will be asked again.
    func speak(_ reply: Reply) async {
        await shard.run {
            let unanswered = self.log.withLock { log in
                log.word = reply
                defer { log.unanswered = [] }
                return log.unanswered
            }
            for answer in unanswered { answer(reply) }
        }
    }

    private func note(_ message: Message) {
        let count = log.withLock { log in
            log.questions.append("\(message.name) \(message.kind)")
            return log.differentCount
        }
        waiters.tell { $0 <= count ? () : nil }
    }

    /// Gives what is to be sent for a question.
    fileprivate func answers(
        to bytes: [UInt8],
        isTCP: Bool,
        later: @escaping @Sendable ([[UInt8]]) -> Void
    ) -> [[UInt8]] {
        guard let message = Message(bytes) else { return [] }
        note(message)
        var reply = zone(message.name, message.kind)
        if case .silence = reply {
            log.withLock { log in
                if let word = log.word { return reply = word }
                log.unanswered.append { later(message.wire($0, isTCP: isTCP)) }
            }
        }
        return message.wire(reply, isTCP: isTCP)
    }
}

extension Message {
    fileprivate func wire(_ reply: NameServer.Reply, isTCP: Bool) -> [[UInt8]] {
        switch reply {
        case .records(let records): [self.reply(records)]
        case .noRecords(let seconds): [self.reply([], authority: [.soa("example", for: seconds)])]
        case .noSuchName(let seconds):
            [self.reply([], authority: [.soa("example", for: seconds)], code: 3)]
        case .proof(let records): [self.reply([], authority: records)]
        case .code(let code): [self.reply([], code: code)]
        case .silence: []
        case .truncated(let records):
            [isTCP ? self.reply(records) : self.reply([], isTruncated: true)]
        case .forged(let wrong, let right): [self.reply(wrong, id: id ^ 1), self.reply(right)]
        case .bytes(let bytes): [id.wire + bytes]
        }
    }
}

// MARK: Wires

extension NameServer {
    /// Takes a port of TCP whose fellow of UDP is free; one may be taken by a question of another test.
    private static func listen(on shard: Shard, _ received: Received) async throws
        -> (Listener, CInt)
    {
        for _ in 0..<10 {
            let listener = try await Listener.listen(on: [shard], at: .loopback(port: 0)) {
                received.accept($0)
            }
            if let descriptor = try? socket(at: listener.address) { return (listener, descriptor) }
            await listener.close()
        }
        throw TakenPort()
    }

    private static func socket(at address: SocketAddress) throws -> CInt {
        let kind = CInt(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = Glibc.socket(AF_INET, kind, 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = address.port.bigEndian
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafeBytes(of: &place) { bytes in
            bind(
                descriptor,
                bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                socklen_t(bytes.count)
            )
        }
        guard descriptor >= 0, status == 0 else {
            Glibc.close(descriptor)
            throw TakenPort()
        }
        return descriptor
    }

    struct TakenPort: Error {}

    private func watch() {
        let watch = DescriptorWatch(
            on: shard,
            ready: { [descriptor] _, _ in self.read(descriptor) },
            stopped: { [descriptor] in Glibc.close(descriptor) }
        )
        _ = watch.watch(descriptor, reading: true, writing: false)
    }

    private func read(_ descriptor: CInt) {
        var bytes = [UInt8](repeating: 0, count: 4096)
        var peer = sockaddr_in()
        while true {
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let count = withUnsafeMutableBytes(of: &peer) { place in
                recvfrom(
                    descriptor,
                    &bytes,
                    bytes.count,
                    0,
                    place.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                    &length
                )
            }
            guard count > 0 else { return }
            let asker = peer
            let replies = answers(to: Array(bytes[..<count]), isTCP: false) { replies in
                for reply in replies { Self.send(reply, to: asker, from: descriptor) }
            }
            for reply in replies { Self.send(reply, to: asker, from: descriptor) }
        }
    }

    private static func send(_ bytes: [UInt8], to peer: sockaddr_in, from descriptor: CInt) {
        var peer = peer
        _ = withUnsafeBytes(of: &peer) { place in
            sendto(
                descriptor,
                bytes,
                bytes.count,
                0,
                place.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                socklen_t(place.count)
            )
        }
    }
}

/// Reads questions from TCP connections, each behind its length (RFC 1035 §4.2.2).
///
/// Unchecked, because `pending` belongs to the shard's thread.
private final class Received: TransportDelegate, @unchecked Sendable {
    let server = Mutex<NameServer?>(nil)
    private var pending: [ObjectIdentifier: [UInt8]] = [:]

    func accept(_ transport: Transport) { transport.delegate = self }

    func transport(_ transport: Transport, received bytes: UnsafeRawBufferPointer) {
        var rest = pending[ObjectIdentifier(transport), default: []] + Array(bytes)
        while rest.count > 2, rest.count >= 2 + Int(rest[0]) << 8 + Int(rest[1]) {
            let end = 2 + Int(rest[0]) << 8 + Int(rest[1])
            let server = server.withLock { $0 }
            let replies = server?.answers(to: Array(rest[2..<end]), isTCP: true) { _ in } ?? []
            for reply in replies { transport.send(UInt16(reply.count).wire + reply) }
            rest.removeFirst(end)
        }
        pending[ObjectIdentifier(transport)] = rest
    }

    func transportClosed(_ transport: Transport, _ reason: TransportEnd) {
        pending[ObjectIdentifier(transport)] = nil
    }
}
