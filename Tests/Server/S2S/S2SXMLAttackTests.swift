import MartletCore
import Testing

@testable import MartletServer

/// Bytes that are no stream of a server's, and the stream error that each gets (attacks 1–10).
@Suite(.timeLimit(.minutes(5)))
struct S2SXMLAttackTests {
    static let laughs: String = {
        let entities = (1...9).map { level in
            let inner = String(repeating: "&l\(level - 1);", count: 10)
            return "<!ENTITY l\(level) '\(inner)'>"
        }
        return "<!DOCTYPE stream [<!ENTITY l0 'ha'>\(entities.joined())]>"
    }()

    static func nested(_ depth: Int) -> String {
        String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
    }

    static let beginnings: [(String, String)] = [
        (laughs + Speak.header(from: "peer.example"), "restricted-xml"),
        ("<!DOCTYPE x SYSTEM 'file:///etc/passwd'>", "restricted-xml"),
        ("<!-- hello -->", "restricted-xml"),
        ("<?php echo 1 ?>", "restricted-xml"),
        ("<?xml version='1.0' encoding='iso-8859-1'?>", "unsupported-encoding"),
        ("GET / HTTP/1.1\r\n\r\n", "not-well-formed"),
        (String(repeating: " ", count: 9_000), "policy-violation"),
        ("<stream:stream to='" + String(repeating: "x", count: 9_000), "policy-violation"),
        ("<stream:stream xmlns='jabber:server' to='montague.example'>", "bad-namespace-prefix"),
    ]

    @Test func `what cannot begin a stream is refused`() async throws {
        try await Siege.with { siege in
            for (bytes, condition) in Self.beginnings {
                let stranger = siege.come()
                stranger.send(bytes)
                #expect(
                    await stranger.heard("<\(condition) "),
                    "\(bytes.prefix(99)) \(stranger.text)"
                )
                await stranger.ended()
            }
        }
    }

    static let faults: [(String, String)] = [
        (laughs, "restricted-xml"),
        ("<message><body>\(laughs)", "restricted-xml"),
        ("<message><!-- a comment --></message>", "restricted-xml"),
        ("<message><?target data?></message>", "restricted-xml"),
        ("<message><body>&l9;</body></message>", "restricted-xml"),
        ("<message><body>&#0;</body></message>", "not-well-formed"),
        ("<message><body>\u{1}</body></message>", "not-well-formed"),
        ("<message to='a' to='b'/>", "not-well-formed"),
        ("<message></presence>", "not-well-formed"),
        ("<message><a xmlns:p='n' xmlns:q='n' p:x='1' q:x='2'/></message>", "not-well-formed"),
        ("<message><undeclared:a/></message>", "bad-namespace-prefix"),
        ("<message><a xmlns='jabber:server&#10;x'/></message>", "bad-namespace-prefix"),
        ("<message><body><stream:stream/></body></message>", "bad-format"),
        ("<message><body><stream:error/></body></message>", "bad-format"),
        (Speak.header(from: "peer.example"), "bad-format"),
        ("text between stanzas", "bad-format"),
        ("<message>\(nested(64))</message>", "policy-violation"),
        ("<message>" + String(repeating: "<a/>", count: 10_001), "policy-violation"),
        ("<message><a \((0...64).map { "a\($0)='' " }.joined())/></message>", "policy-violation"),
        ("<message><body>" + String(repeating: "x", count: 530_000), "policy-violation"),
    ]

    @Test func `a proved stream ends at the first fault`() async throws {
        try await Siege.with { siege in
            let papers = try await siege.papers(of: "peer.example")
            for (bytes, condition) in Self.faults {
                let guest = try await siege.guest(as: "peer.example", papers: papers)
                guest.send(bytes)
                #expect(await guest.heard("<\(condition) "), "\(bytes.prefix(99)) \(guest.text)")
                await guest.ended()
            }
        }
    }

    static let narrow: [(String, String)] = [
        ("<message>\(nested(8))</message>", "policy-violation"),
        ("<message>" + String(repeating: "<a/>", count: 40), "policy-violation"),
        ("<message><body>" + String(repeating: "x", count: 9_000), "policy-violation"),
        ("<db:result>" + String(repeating: "x", count: 9_000), "policy-violation"),
    ]

    @Test func `so does one on which nothing is proved, and sooner`() async throws {
        try await Siege.with { siege in
            let isOpen = Self.faults.filter {
                $0.1 != "bad-namespace-prefix" && $0.0.utf8.count < 8_000
            }
            for (bytes, condition) in isOpen + Self.narrow {
                let stranger = try await siege.stranger(as: "peer.example")
                stranger.send(bytes)
                // The first element that is whole is refused before what is wrong behind it.
                #expect(
                    await stranger.heard("<\(condition) "),
                    "\(bytes.prefix(99)) \(stranger.text)"
                )
                await stranger.ended()
            }
        }
    }

    @Test func `a stanza of the size that we tell is taken`() async throws {
        try await Siege.with { siege in
            let guest = try await siege.guest(as: "peer.example")
            let text = String(repeating: "x", count: 500_000)
            guest.send(Speak.message(text, from: "x@peer.example", to: Siege.romeo))
            guest.send(Speak.message("behind it", from: "x@peer.example", to: Siege.romeo))
            #expect(await siege.romeo?.heard("behind it") == true)
        }
    }

    @Test func `bytes that are no UTF-8 never reach anybody`() async throws {
        try await Siege.with { siege in
            let papers = try await siege.papers(of: "peer.example")
            let start = "<message from='peer.example' to='\(Siege.romeo)'><body>poison"
            for bytes: [UInt8] in [
                [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF],
            ] {
                let guest = try await siege.guest(as: "peer.example", papers: papers)
                guest.send(Array(start.utf8) + bytes + Array("</body></message>".utf8))
                #expect(await guest.heard("<not-well-formed "), "\(bytes) \(guest.text)")
                await guest.ended()
            }
            #expect(siege.romeo?.text.contains("poison") == false)
        }
    }
}
