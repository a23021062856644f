import Glibc
import MartletCrypto
import Testing

@testable import MartletNet

/// What peers do who mean harm, or know no better.
@Suite(.timeLimit(.minutes(5)))
struct SecurityTests {
    @Test func `ends a connection that goes on in the clear after asking for TLS`() async throws {
        let server = try TestTLS.server()
        try await withShards(2) { shards in
            let ends = try await connectTCP(
                near: shards[0],
                far: shards[1],
                farLog: Recorder { transport, _ in
                    transport.send(Array("<proceed/>".utf8))
                    transport.startTLS(server, role: .server())
                }
            )
            await ends.near.say("<starttls/><auth>in the same segment</auth>")
            await ends.nearLog.received(10)
            await ends.near.say("<auth>in the next</auth>")
            guard case .tls(let fault) = await ends.farLog.closed() else {
                Issue.record("\(ends.farLog.ends)")
                return
            }
            #expect(!fault.description.contains("auth"))
            #expect(ends.farLog.read { $0.chunks.count } == 1)
            #expect(ends.farLog.read { $0.secured } == 0)
            _ = await ends.nearLog.closed()
            #expect(ends.nearLog.text == "<proceed/>")
        }
    }

    @Test func `holds back what is written before the handshake is over`() async throws {
        let (server, client) = try (TestTLS.server(), TestTLS.client())
        try await withShards(2) { shards in
            let ends = try await connectTCP(near: shards[0], far: shards[1])
            await shards[1].run {
                ends.far.startTLS(server, role: .server())
                ends.far.send(Array("secret".utf8))
            }
            await shards[1].settle()
            #expect(await shards[1].run { ends.far.bufferedBytes } == 6)
            await shards[0].run {
                ends.near.startTLS(client, role: .client(serverName: "montague.example"))
            }
            await ends.nearLog.received(6)
            #expect(ends.nearLog.text == "secret")
            #expect(ends.nearLog.read { $0.secured } == 1)
            await ends.near.hangUp()
            _ = await ends.farLog.closed()
        }
    }

    @Test func `closes without waiting for a handshake that never ends`() async throws {
        let server = try TestTLS.server()
        try await withShards(2) { shards in
            let ends = try await connectTCP(near: shards[0], far: shards[1])
            await shards[1].run {
                ends.far.startTLS(server, role: .server())
                ends.far.send(Array("never sent".utf8))
                ends.far.close(afterFlush: true, within: .seconds(5))
            }
            #expect(await ends.nearLog.closed() == .peerClosed)
            #expect(await ends.farLog.closed() == .closed)
            #expect(ends.nearLog.bytes.isEmpty)
        }
    }

    @Test func `ends a handshake that the peer leaves`() async throws {
        let server = try TestTLS.server()
        try await withShards(2) { shards in
            let ends = try await connectTCP(near: shards[0], far: shards[1])
            await shards[1].run { ends.far.startTLS(server, role: .server()) }
            await ends.near.hangUp(afterFlush: false)
            #expect(await ends.farLog.closed() == .peerClosed)
        }
    }

    @Test func `resumes a session over a new connection`() async throws {
        let (server, client) = try (TestTLS.server(), TestTLS.client())
        try await withShards(2) { shards in
            let ticket = Shared<TLSTicket?>(nil)
            for isResumed in [false, true] {
                let ends = try await connectTCP(near: shards[0], far: shards[1])
                await shards[1].run { ends.far.startTLS(server, role: .server()) }
                let role = TLSRole.client(serverName: "montague.example", ticket: ticket.value)
                await shards[0].run { ends.near.startTLS(client, role: role) }
                await ends.farLog.secured()
                await ends.far.say("x")
                await ends.nearLog.received(1)
                #expect(await shards[0].run { ends.near.tls?.isResumed } == isResumed)
                let new = await shards[0].run { ends.near.tlsTicket }
                ticket.change { $0 = new }
                #expect(new != nil)
                await ends.near.hangUp()
                _ = await ends.farLog.closed()
            }
        }
    }

    @Test func `survives running out of descriptors, and says so once`() async {
        await #expect(processExitsWith: .success) {
            let shard = Shard(index: 0)
            shard.start()
            let events = Shared<[Listener.Event]>([])
            let listener = try await Listener.listen(on: [shard], at: .loopback(port: 0)) {
                event in
                events.change { $0.append(event) }
            } accepted: {
                $0.delegate = Recorder.echo()
            }
            var held: [CInt] = []
            let clients = (0..<3).map { _ in socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0) }
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), to: 256)
            while true {
                let descriptor = open("/dev/null", O_RDONLY)
                guard descriptor >= 0 else { break }
                held.append(descriptor)
            }
            for client in clients[..<2] {
                #expect(connect(client, to: listener.address))
                var byte: UInt8 = 0
                #expect(read(client, &byte, 1) <= 0)  // Turned away.
            }
            #expect(events.value == [.exhausted(EMFILE)])
            for descriptor in held { close(descriptor) }
            #expect(connect(clients[2], to: listener.address))
            var byte: UInt8 = 42
            #expect(write(clients[2], &byte, 1) == 1)
            byte = 0
            #expect(read(clients[2], &byte, 1) == 1)
            #expect(byte == 42)
            await listener.close()
            await shard.stop()
        }
    }
}

private func setrlimit(_ resource: __rlimit_resource_t, to count: UInt) {
    var limit = rlimit(rlim_cur: count, rlim_max: count)
    setrlimit(resource, &limit)
}

/// A blocking connect, with the C functions alone.
private func connect(_ descriptor: CInt, to address: SocketAddress) -> Bool {
    address.withKernelForm { storage, length in
        storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            Glibc.connect(descriptor, $0, length) == 0
        }
    }
}
