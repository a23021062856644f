import MartletNet
import TestSupport
import Testing

@testable import MartletPostgreSQL

/// URLs, passwords and certificates.
@Suite(.timeLimit(.minutes(5)))
struct AccessTests {
    @Test(arguments: [
        "postgresql://romeo:hunter2/word@db.example/martlet",
        "postgresql://romeo:hunter2@word@db.example/martlet",
        "postgresql://romeo:hunter2%zz@db.example/martlet",
        "postgresql://romeo:hunter2@db.example:hunter2/martlet",
        "postgresql://romeo:hunter2@[::1/martlet",
        "postgresql://romeo:hunter2@db.example/martlet?hunter2=hunter2",
        "host=a,b,c port=1,2 password=hunter2",
        "postgresql://romeo:hunter2@db.example/martlet?sslmode=hunter2",
        "host=db.example hunter2",
        "postgresql://romeo:a\"hunter2@[::1/martlet",
        "postgresql://romeo:a\"b\"hunter2@[::1/martlet",
        "postgresql://romeo:a\nhunter2\"b@[::1/martlet",
    ])
    func `refuses a URL that is none without showing it`(url: String) async {
        let shard = Shard(index: 0)
        let fault = await faultOf { try Pool(url: url, shard: shard) }
        #expect(fault?.isRefusal == true, "\(url)")
        #expect(fault?.description.contains("hunter2") == false, "\(String(describing: fault))")
        #expect(fault?.description.contains("word@") == false)
    }

    @Test func `reads hosts, and its own parameter`() throws {
        let options = PoolOptions()
        let two = try Target(
            "postgresql://u@a:1,[::1]:2/db?target_session_attrs=prefer-standby&prepare=off",
            options: options
        )
        #expect(two.hosts.map(\.name) == ["a", "::1"] && two.hosts.map(\.port) == ["1", "2"])
        #expect(two.sessionKinds == ["standby", "any"] && !two.prepares)
        #expect(two.settings["options"] == nil, "pgbouncer would not have it")
        let several = try Target("postgresql://u@a:1,b:2/db", options: options)
        #expect(several.sessionKinds == ["read-write"], "one takes writes, the others follow it")
        let asked = "postgresql://u@a:1,b:2/db?target_session_attrs=any"
        #expect(try Target(asked, options: options).sessionKinds == ["any"])
        let local = try Target("postgresql:///db?host=/run&connect_timeout=3", options: options)
        #expect(local.hosts.map(\.isLocal) == [true] && local.prepares)
        #expect(local.connectTimeout == .seconds(3) && local.sessionKinds == ["any"])
        #expect(local.settings["options"]?.contains("statement_timeout=15000") == true)
        #expect(local.settings["gssencmode"] == "disable")
    }

    @Test func `is let in with the right password, and refused with a wrong one`() async throws {
        let server = try await PostgreSQLServer.shared()
        let roles = "CREATE ROLE guarded LOGIN PASSWORD 'secret'; CREATE ROLE barred NOLOGIN"
        try await server.sql(roles)
        func url(_ user: String) -> String {
            "postgresql://\(user)@127.0.0.1:\(server.port)/postgres?sslmode=disable"
        }
        try await Harness.use(url("guarded:secret")) { #expect(await $0.answers) }
        for user in ["guarded:hunter2", "guarded", "barred:hunter2", "nobody:hunter2"] {
            try await Harness.use(url(user)) { harness in
                let fault = await faultOf { try await harness.pool.connect() }
                #expect(fault?.isRefusal == true, "\(String(describing: fault))")
                #expect(fault?.description.contains("hunter2") == false)
                await harness.book.wait { $0.contains(where: \.isAway) }
                #expect(harness.book.lines.allSatisfy { !$0.contains("hunter2") })
            }
        }
        let missing = url("postgres").replacing("/postgres?", with: "/nowhere?")
        try await Harness.use(missing) { harness in
            let fault = await faultOf { try await harness.pool.connect() }
            #expect(fault?.isRefusal == true)
            #expect(fault?.description.contains("\"nowhere\" does not exist") == true)
        }
    }

    @Test func `verifies the server's certificate`() async throws {
        let (folder, texts) = try await Self.certificates()
        let server = try await PostgreSQLServer(
            isDurable: false,
            settings: ["ssl = on"],
            files: texts
        )
        func url(_ host: String, _ root: String) -> String {
            "postgresql://postgres@\(host):\(server.port)/postgres?sslmode=verify-full"
                + "&sslrootcert=\(folder)/\(root)"
        }
        try await Harness.use(url("localhost", "server.crt")) { (harness: Harness) async throws in
            let used = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            #expect(try await harness.ask(used).boolean(0, 0) == true)
            let large = [UInt8](repeating: 7, count: 5_000_000)
            #expect(try await harness.ask("SELECT $1", [.bytes(large)]).bytes(0, 0) == large)
        }
        for (host, root) in [("localhost", "other.crt"), ("127.0.0.1", "server.crt")] {
            try await Harness.use(url(host, root)) { harness in
                let fault = await faultOf { try await harness.pool.connect() }
                #expect(fault?.isRefusal == true, "\(String(describing: fault))")
            }
        }
        try await PostgreSQLServer.run(["rm", "-r", folder])
    }

    /// A folder with two certificates for `localhost`, and the server's files by name.
    private static func certificates() async throws -> (folder: String, files: [String: String]) {
        let said = try await PostgreSQLServer.run(["mktemp", "-d", "/tmp/martlet-pki-XXXXXX"])
        let folder = String(said.split(separator: "\n")[0])
        for name in ["server", "other"] {
            try await PostgreSQLServer.run(
                [
                    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", "\(folder)/\(name).key",
                    "-out", "\(folder)/\(name).crt",
                ]
            )
        }
        var files: [String: String] = [:]
        for name in ["server.key", "server.crt"] {
            files[name] = try await PostgreSQLServer.run(["cat", "\(folder)/\(name)"])
        }
        return (folder, files)
    }
}
