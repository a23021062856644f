import MartletCore
import TestSupport
import Testing

/// TLS handshakes that go on, again and again, or without an end (attacks 15).
@Suite(.timeLimit(.minutes(5)))
struct HandshakeTests {
    /// Speaks TLS to the server with `openssl s_client`, whose commands come from a pipe that stays
    /// open.
    private func dial(_ server: TestServer, _ options: String, say: String) async -> String {
        let script = """
            pipe=$(mktemp -u) && mkfifo "$pipe" && exec 3<>"$pipe" && rm "$pipe"
            printf '\(say)\\n' >&3
            timeout 30 openssl s_client -connect \(server.direct) \(options) <&3 2>&1
            echo "status $?"
            """
        return await aside { Command.run(["sh", "-c", script]).said }
    }

    /// CVE-2021-32920: each handshake costs the server much more than the client.
    @Test
    func `a handshake within a connection is refused`() async throws {
        try await withServer { server in
            let said = await dial(server, "-tls1_2 -servername montague.example", say: "R")
            #expect(said.contains("New, TLSv1.2"), "\(said)")
            #expect(said.contains("RENEGOTIATING\n"))
            #expect(said.contains("no renegotiation"))
            #expect(said.contains("status 1\n"), "refused, not left to wait")
            _ = try await server.log.first("connection closed")
        }
    }

    /// Handshake messages without protection, cut into records as long as may be.
    private func records(_ message: [UInt8], of size: Int = 16_384) -> [UInt8] {
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: message.count, by: size) {
            let piece = message[start..<min(start + size, message.count)]
            bytes += [22, 3, 1, UInt8(piece.count >> 8), UInt8(piece.count & 0xFF)] + piece
        }
        return bytes
    }

    private func twoBytes(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }

    /// A ClientHello of TLS 1.2 that could be answered, with so much padding (RFC 7685).
    private func hello(padding: Int) -> [UInt8] {
        let groups: [UInt8] = [0, 10, 0, 4, 0, 2, 0, 23]
        let signatures: [UInt8] = [0, 13, 0, 6, 0, 4, 4, 3, 8, 4]
        let filler = [0, 21] + twoBytes(padding) + [UInt8](repeating: 0, count: padding)
        let extensions = groups + signatures + filler
        let suites: [UInt8] = [0, 4, 0xC0, 0x2B, 0xC0, 0x2F]
        let body =
            [3, 3] + [UInt8](repeating: 7, count: 32) + [0] + suites + [1, 0]
            + twoBytes(extensions.count) + extensions
        return [1, UInt8(body.count >> 16)] + twoBytes(body.count & 0xFFFF) + body
    }

    @Test(arguments: [0, 20_000])
    func `a large greeting is answered`(padding: Int) async throws {
        try await withServer { server in
            let client = try await RawClient.connect(to: server.direct, on: server.shard)
            await client.send(records(hello(padding: padding)))
            // A record of the handshake, and in it a ServerHello.
            let answer = try await client.first(6)
            #expect(answer[0] == 22 && answer[5] == 2, "\(answer)")
            await client.cut()
        }
    }

    /// Each says that it has more to come than anybody would believe, and goes on.
    @Test(arguments: [16_384, 100, 1])
    func `one without an end is ended while it is small`(size: Int) async throws {
        try await withServer { server in
            let client = try await RawClient.connect(to: server.direct, on: server.shard)
            // Within what OpenSSL would take; our own bound comes first.
            let message = [1, 1, 0xF0, 0] + [UInt8](repeating: 7, count: 120_000)
            await client.send(records(message, of: size))
            try await client.ended()
            let end = try await server.log.first("connection closed")
            #expect(end.facts["reason"]?.contains("handshake too large") == true, "\(end)")
            let other = try await RawClient.connect(to: server.direct, on: server.shard)
            await other.send(records([1, 0xFF, 0xFF, 0xFF] + message, of: size))
            try await other.ended()
            let next = try await server.log.first(2, "connection closed")[1]
            #expect(next.facts["reason"]?.contains("excessive message size") == true, "\(next)")
        }
    }
}
