import MartletCore
import MartletCrypto
import MartletSASL
import MartletServer
import MartletXML
import Testing

/// Logins out of order, malformed, or by those who may not (attacks 18–23).
@Suite(.timeLimit(.minutes(5)))
struct SASLFaultTests {
    private static func auth(_ mechanism: String, _ text: String = "") -> String {
        "<auth xmlns='\(Namespace.sasl)' mechanism='\(mechanism)'>\(text)</auth>"
    }

    private static func response(_ text: String) -> String {
        "<response xmlns='\(Namespace.sasl)'>\(text)</response>"
    }

    private static func plain(_ text: String) -> String {
        auth("PLAIN", Base64.encode(Array(text.utf8)))
    }

    static let faults: [(String, String)] = [
        (auth("PLAIN", "!!!"), "incorrect-encoding"),
        (auth("PLAIN", "AGE"), "incorrect-encoding"),
        (auth("PLAIN", "A==="), "incorrect-encoding"),
        (auth("PLAIN", "AG FiAGFi"), "incorrect-encoding"),
        (auth("PLAIN", "="), "malformed-request"),
        (plain("romeo"), "malformed-request"),
        (plain("\0romeo"), "malformed-request"),
        (plain("\0romeo\0"), "malformed-request"),
        (plain("\0\0\(password)"), "malformed-request"),
        (plain("\0romeo\0a\0b"), "malformed-request"),
        (auth("PLAIN", Base64.encode([0, 0xFF, 0xFE, 0, 0x61])), "malformed-request"),
        (plain("juliet@capulet.example\0romeo\0\(password)"), "invalid-authzid"),
        (plain("mercutio@montague.example\0romeo\0\(password)"), "invalid-authzid"),
        (plain("no@t@jid\0romeo\0\(password)"), "invalid-authzid"),
        (plain("\0romeo\0wrong"), "not-authorized"),
        (plain("\0nobody\0\(password)"), "not-authorized"),
        (plain("\0ro meo\0\(password)"), "not-authorized"),
        (plain("\0romeo\0wrong\u{7}"), "not-authorized"),
        (plain("\0juliet\0\(password)"), "not-authorized"),
        (auth("DIGEST-MD5"), "invalid-mechanism"),
        (auth(""), "invalid-mechanism"),
        ("<auth xmlns='\(Namespace.sasl)'/>", "invalid-mechanism"),
        (auth("SCRAM-SHA-256-PLUS"), "invalid-mechanism"),
        (auth("EXTERNAL", "="), "invalid-mechanism"),
        (auth("ANONYMOUS"), "invalid-mechanism"),
        (response("AAAA"), "malformed-request"),
        ("<abort xmlns='\(Namespace.sasl)'/>", "malformed-request"),
        ("<challenge xmlns='\(Namespace.sasl)'/>", "malformed-request"),
        ("<success xmlns='\(Namespace.sasl)'/>", "malformed-request"),
    ]

    @Test(arguments: faults)
    func `a faulty login is told why, and the next may succeed`(
        bytes: String,
        condition: String
    ) async throws {
        try await withServer { server in
            let client = try await server.stream()
            await client.send(bytes)
            try await client.expectFailure(condition)
            #expect(server.log.lines("login failed").count == 1)
            try await client.authenticate(as: JID("romeo@montague.example"))
        }
    }

    @Test(arguments: [
        (auth("PLAIN"), "malformed-request"),
        (auth("SCRAM-SHA-1"), "malformed-request"),
        ("<abort xmlns='\(Namespace.sasl)'/>", "aborted"),
        (response("%%%"), "incorrect-encoding"),
        (response(""), "malformed-request"),
        (response(Base64.encode(Array("c=biws,r=abc,p=AAAA".utf8))), "not-authorized"),
        (response(Base64.encode(Array("c=biws,p=AAAA".utf8))), "malformed-request"),
        (response(Base64.encode(Array("p=AAAA".utf8))), "malformed-request"),
        (response(Base64.encode([UInt8](repeating: 0, count: 6_000))), "malformed-request"),
    ])
    func `in the middle of SCRAM too`(bytes: String, condition: String) async throws {
        try await withServer { server in
            let client = try await server.stream()
            await client.sendAuth("SCRAM-SHA-256", "n,,n=romeo,r=abc")
            try await client.expect("{\(Namespace.sasl)}challenge")
            await client.send(bytes)
            try await client.expectFailure(condition)
            try await client.authenticate(as: JID("romeo@montague.example"))
        }
    }

    @Test(arguments: [
        ("n,,n=romeo,r=abc,i=1", "malformed-request"),
        ("n,,n=romeo,r=abc,i=1000000000", "malformed-request"),
        ("n,,m=x,n=romeo,r=abc", "malformed-request"),
        ("n,,n=romeo", "malformed-request"),
        ("n,,n=,r=abc", "malformed-request"),
        ("n,,n=ro=2meo,r=abc", "malformed-request"),
        ("n,,n=romeo,r=", "malformed-request"),
        ("x,,n=romeo,r=abc", "malformed-request"),
        ("p=tls-exporter,,n=romeo,r=abc", "malformed-request"),
        ("n,a=juliet@capulet.example,n=romeo,r=abc", "invalid-authzid"),
        ("", "malformed-request"),
    ])
    func `a first message of SCRAM that is none is refused`(
        message: String,
        condition: String
    ) async throws {
        try await withServer { server in
            let client = try await server.stream()
            await client.sendAuth("SCRAM-SHA-256", message)
            try await client.expectFailure(condition)
        }
    }

    @Test(arguments: [
        ("SCRAM-SHA-256", "y,,n=romeo,r=abc", "not-authorized"),
        ("SCRAM-SHA-256-PLUS", "n,,n=romeo,r=abc", "malformed-request"),
        ("SCRAM-SHA-256-PLUS", "p=tls-unique,,n=romeo,r=abc", "malformed-request"),
    ])
    func `a downgrade of channel binding is noticed`(
        mechanism: String,
        message: String,
        condition: String
    ) async throws {
        try await withServer { server in
            let (client, _) = try await server.secureStream()
            await client.sendAuth(mechanism, message)
            try await client.expectFailure(condition)
        }
    }

    @Test(arguments: [(true, true), (false, false)])
    func `SCRAM with another connection's binding fails`(isOwn: Bool, succeeds: Bool) async throws {
        try await withServer { server in
            let (client, _) = try await server.secureStream()
            let own = try #require(await client.tls?.exporter)
            let data = isOwn ? own : [UInt8](repeating: 1, count: own.count)
            let name = SASLMechanismName("SCRAM-SHA-256-PLUS")
            let binding = ChannelBinding(.tlsExporter, data)
            var scram = try #require(
                ScramClient(name, username: "romeo", password: password, binding: .used(binding))
            )
            let first = try #require(try scram.begin())
            await client.send(Self.auth(name.rawValue, Base64.encode(first)))
            let challenge = try await client.expect("{\(Namespace.sasl)}challenge")
            let answer = try scram.answer(try #require(Base64.decode(challenge.text)))
            await client.send(Self.response(Base64.encode(answer)))
            if succeeds {
                try await client.expect("{\(Namespace.sasl)}success")
            } else {
                try await client.expectFailure("not-authorized")
            }
        }
    }

    @Test
    func `three failures end the stream`() async throws {
        try await withServer {
            $0.throttle.firstDelay = .milliseconds(1)
        } _: { server in
            let client = try await server.stream()
            for _ in 0..<3 {
                await client.sendAuth("PLAIN", "\0romeo\0wrong")
                try await client.expectFailure("not-authorized")
            }
            try await client.expectStreamError("policy-violation")
            #expect(server.log.lines("login failed").count == 3)
        }
    }

    @Test
    func `guessing is stopped, and other users still log in`() async throws {
        try await withServer {
            $0.throttle.firstDelay = .milliseconds(1)
        } _: { server in
            for attempt in 0..<8 {
                let client = try await server.stream()
                await client.sendAuth("PLAIN", "\0romeo\0wrong\(attempt)")
                try await client.expectFailure(
                    attempt < 5 ? "not-authorized" : "temporary-auth-failure"
                )
                await client.hangUp()
            }
            // Not even with the right password, from here.
            let client = try await server.stream()
            await client.sendAuth("PLAIN", "\0romeo\0\(password)")
            try await client.expectFailure("temporary-auth-failure")
        }
    }

    @Test
    func `whoever tries many names is stopped`() async throws {
        try await withServer(
            {
                $0.throttle.failuresPerAddress = 6
                $0.throttle.firstDelay = .milliseconds(1)
            },
            outlives: false
        ) { server in
            for attempt in 0..<8 {
                let client = try await server.stream()
                await client.sendAuth("PLAIN", "\0user\(attempt)\0wrong")
                try await client.expectFailure(
                    attempt < 6 ? "not-authorized" : "temporary-auth-failure"
                )
                await client.hangUp()
            }
        }
    }

    @Test
    func `an account that is not there looks like one that is`() async throws {
        try await withServer { server in
            var answers: [String: Set<String>] = [:]
            for name in ["romeo", "nobody", "romeo", "nobody"] {
                let client = try await server.stream()
                await client.sendAuth("SCRAM-SHA-256", "n,,n=\(name),r=abc")
                let challenge = try await client.expect("{\(Namespace.sasl)}challenge")
                let bytes = try #require(Base64.decode(challenge.text))
                let fields = String(decoding: bytes, as: UTF8.self).split(separator: ",")
                answers[name, default: []].insert(fields.dropFirst().joined(separator: ","))
                #expect(fields.map { $0.prefix(2) } == ["r=", "s=", "i="])
                #expect(fields[2] == "i=4096")
                await client.hangUp()
            }
            #expect(answers["nobody"]?.count == 1, "the salt is the same each time")
            #expect(answers["nobody"] != answers["romeo"])
        }
    }
}
