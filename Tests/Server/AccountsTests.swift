import MartletCore
import MartletCrypto
import MartletNet
import MartletSASL
import MartletStorage
import Testing

@testable import MartletServer

@Suite(.timeLimit(.minutes(5)))
struct AccountsTests {
    private let romeo = JID(prepared: "romeo", "montague.example")
    private let store = MemoryStore()

    private func accounts(iterations: Int = 4_096) -> Accounts {
        let secret = Array("a secret of sixteen bytes or more".utf8)
        return Accounts(store: store, decoy: ScramDecoy(secret: secret, iterations: iterations))
    }

    private func iterations(_ hash: HashFunction) async throws -> Int? {
        try await store.account(romeo)?.credentials(hash)?.iterations
    }

    @Test func `keep a verifier for each hash, and no password`() async throws {
        try await accounts().add(romeo, password: "rose by any other name")
        let kept = try #require(try await store.account(romeo)).verifiers
        #expect(Set(kept.keys) == ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"])
        #expect(kept.values.allSatisfy { !$0.contains("rose") })
        #expect(try await accounts().verify("rose by any other name", of: romeo))
        #expect(try await !accounts().verify("thorn", of: romeo))
    }

    @Test(arguments: ["", "\u{0}", "a\u{7}b"])
    func `take no password that no client could send`(password: String) async throws {
        await #expect(throws: AccountFault.self) {
            try await accounts().add(romeo, password: password)
        }
        #expect(try await store.account(romeo) == nil)
    }

    @Test func `check no password when nobody waits for the answer any more`() async throws {
        try await accounts().add(romeo, password: "rose")
        let check = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await accounts().verify("rose", of: romeo)
        }
        await #expect(throws: CancellationError.self) { try await check.value }
    }

    @Test func `make verifiers anew when the count has risen`() async throws {
        try await accounts().add(romeo, password: "rose")
        let dearer = accounts(iterations: 5_000)
        #expect(try await !dearer.verify("thorn", of: romeo))
        #expect(try await iterations(.sha256) == 4_096, "a wrong password changes nothing")
        #expect(try await dearer.verify("rose", of: romeo))
        for hash in Accounts.hashes { #expect(try await iterations(hash) == 5_000) }
        #expect(try await accounts().verify("rose", of: romeo))
        #expect(try await iterations(.sha1) == 5_000, "they never become cheaper")
    }

    @Test(arguments: Accounts.hashes)
    func `make those that an account from elsewhere lacks`(hash: HashFunction) async throws {
        let one = ScramCredentials.derive(password: "rose", hash: hash, iterations: 4_096)
        let kept = try #require(one)
        try await store.createAccount(Account(romeo, verifiers: [kept.mechanism: kept.text]))
        #expect(try await accounts().verify("rose", of: romeo))
        for other in Accounts.hashes { #expect(try await iterations(other) == 4_096) }
    }

    @Test func `know nobody whose account is disabled`() async throws {
        try await accounts().add(romeo, password: "rose")
        try await store.setDisabled(true, of: romeo)
        #expect(try await !accounts().verify("rose", of: romeo))
        let given = try await accounts().credentials(of: romeo, for: .scramSHA256)
        let decoy = accounts().decoy.credentials(of: romeo, hash: .sha256)
        #expect(given == decoy, "as if there were none")
    }

    /// The same calls and the same answers, whether there is an account or not.
    @Test func `give a stranger what looks like a verifier, the same each time`() async throws {
        let first = try await accounts().credentials(of: romeo, for: .scramSHA256Plus)
        let second = try await accounts().credentials(of: romeo, for: .scramSHA256)
        #expect(first != nil && first == second)
        #expect(first?.iterations == 4_096)
        #expect(try await !accounts().verify("rose", of: romeo))
        #expect(try await accounts().credentials(of: romeo, for: .plain) == nil)
    }

    @Test func `tell who does not wait the same, at first and later`() async throws {
        let accounts = self.accounts()
        try await accounts.add(romeo, password: "rose")
        let juliet = JID(prepared: "juliet", "montague.example")
        for jid in [romeo, juliet, romeo, juliet] {
            let told = await withCheckedContinuation { continuation in
                accounts.credentials(of: jid, for: .scramSHA256) {
                    continuation.resume(returning: $0)
                }
            }
            #expect(try told.get() == (try await accounts.credentials(of: jid, for: .scramSHA256)))
            #expect(try told.get() != nil)
        }
    }

    @Test func `ask a plugin where there is one, and nobody else there`() async throws {
        var accounts = self.accounts()
        try await accounts.add(romeo, password: "rose")
        accounts.source = Accounts.Source {
            $0 == "montague.example"
        } credentials: { jid in
            jid.domainpart == "montague.example" ? .password("thorn") : nil
        }
        _ = try await accounts.credentials(of: romeo, for: .scramSHA256)
        let told = await withCheckedContinuation { [accounts] continuation in
            accounts.credentials(of: romeo, for: .scramSHA256) {
                continuation.resume(returning: $0)
            }
        }
        let credentials = try #require(try told.get())
        #expect(credentials.verify(password: "thorn") && !credentials.verify(password: "rose"))
    }

    /// Attacks, row 21: a count that no account has any more, or yet, would tell a stranger apart.
    @Test func `give strangers the counts that the domain's accounts have`() async throws {
        let strangers = (0..<60).map { JID(prepared: "nobody\($0)", "montague.example") }
        let counts = { (accounts: Accounts) in
            var counts: [Int] = []
            for name in strangers {
                let given = try await accounts.credentials(of: name, for: .scramSHA256)
                counts.append(given?.iterations ?? 0)
            }
            return counts
        }
        #expect(Set(try await counts(accounts(iterations: 5_000))) == [5_000], "nobody is there")
        try await accounts().add(romeo, password: "rose")
        #expect(Set(try await counts(accounts(iterations: 5_000))) == [4_096], "as romeo has")
        let mercutio = JID(prepared: "mercutio", "montague.example")
        try await accounts(iterations: 5_000).add(mercutio, password: "rose")
        let mixed = try await counts(accounts(iterations: 5_000))
        #expect((15...45).contains(mixed.filter { $0 == 5_000 }.count), "about half of them")
        let elsewhere = JID(prepared: "nobody1", "capulet.example")
        let given = try await accounts(iterations: 5_000)
            .credentials(of: elsewhere, for: .scramSHA256)
        #expect(given?.iterations == 5_000, "each domain for itself")
    }

    @Test func `look at a domain once for many logins, and again after a failure`() async throws {
        try await accounts().add(romeo, password: "rose")
        let census = IterationCensus()
        let first = try await census.spread(in: "montague.example", of: store)
        try await accounts(iterations: 5_000).setPassword("rose", of: romeo)
        #expect(try await census.spread(in: "montague.example", of: store) == first)
        let closed = MemoryStore()
        await closed.close()
        await #expect(throws: StorageError.self) {
            try await census.spread(in: "capulet.example", of: closed)
        }
        let later = try await census.spread(in: "capulet.example", of: store)
        #expect(later == IterationSpread([]))
    }

    /// An upgrade of verifiers must not bring back a password that was changed meanwhile.
    @Test func `do not undo a change of the password`() async throws {
        let checked = Account(romeo, verifiers: ["SCRAM-SHA-256": "old"])
        try await store.createAccount(checked)
        try await accounts().setPassword("new", of: romeo)
        try await accounts().renew(checked, "old")
        #expect(try await accounts().verify("new", of: romeo))
    }

    @Test func `slow down failures, each host and each /64 for itself`() {
        var policy = ThrottlePolicy()
        policy.failuresPerPair = 2
        let throttle = SharedThrottle(policy)
        let here = SocketAddress.loopback(port: 1)
        for port in 1...2 {
            throttle.failed(romeo, from: SocketAddress.loopback(port: UInt16(port)))
        }
        #expect(throttle.judge(romeo, from: here) == .refuse, "whatever the port")
        let juliet = JID(prepared: "juliet", "capulet.example")
        #expect(throttle.judge(juliet, from: here) == .allow(delay: .zero))
        #expect(
            throttle.judge(romeo, from: .loopback(port: 1, isIPv6: true)) == .allow(delay: .zero)
        )
        throttle.succeeded(romeo, from: here)
        #expect(throttle.judge(romeo, from: here) == .allow(delay: .zero))
    }
}
