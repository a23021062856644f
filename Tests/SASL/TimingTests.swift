import Glibc
import MartletCore
import MartletCrypto
import Testing

@testable import MartletSASL

/// Row 21 of the attacks: a guess costs the server the same work, whether there is an account or not.
///
/// Measured is the processor time of this thread, in the medians of tries in turn: what else runs on
/// the machine does not count.
@Suite struct TimingTests {
    private let romeo = JID(prepared: "romeo", "montague.example")
    /// How far the medians may be apart.
    ///
    /// A way that left out the derivation would take a thousandth; one that derived twice, double.
    private static let likeness = 0.7...1.43

    /// Nanoseconds of this thread's processor time.
    private func cost(_ work: () throws -> Void) rethrows -> Int {
        var (start, end) = (timespec(), timespec())
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start)
        try work()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
        return (end.tv_sec - start.tv_sec) * 1_000_000_000 + end.tv_nsec - start.tv_nsec
    }

    private func expectAlike(
        tries: Int,
        _ known: () throws -> Void,
        _ unknown: () throws -> Void
    ) throws {
        var costs: (known: [Int], unknown: [Int]) = ([], [])
        for _ in 0..<tries {
            costs.known.append(try cost(known))
            costs.unknown.append(try cost(unknown))
        }
        let ratio =
            Double(costs.known.sorted()[tries / 2])
            / Double(costs.unknown.sorted()[tries / 2])
        #expect(Self.likeness.contains(ratio), "\(costs)")
    }

    @Test(arguments: [4_096, 10_000])
    func `of a password by PLAIN`(iterations: Int) throws {
        let decoy = ScramDecoy(
            secret: bytes("a secret of sixteen bytes or more"),
            iterations: iterations
        )
        let stored = ScramCredentials.derive(
            password: "wherefore",
            hash: .sha256,
            iterations: iterations
        )
        try expectAlike(tries: 31) {
            #expect(!PasswordCheck(stored, of: romeo, decoy: decoy).run(password: "guess"))
        } _: {
            #expect(!PasswordCheck(nil, of: romeo, decoy: decoy).run(password: "guess"))
        }
    }

    @Test(arguments: scramNames)
    func `of a whole exchange by SCRAM`(name: SASLMechanismName) throws {
        let hash = try #require(name.scramHash)
        let stored = try #require(credentials("wherefore", hash))
        try expectAlike(tries: 31) {
            for _ in 0..<20 { try guess(name, stored) }
        } _: {
            for _ in 0..<20 { try guess(name, decoy.credentials(of: romeo, hash: hash)) }
        }
    }

    /// A client's part without derivation, whose proof is wrong for sure.
    private func guess(_ name: SASLMechanismName, _ stored: ScramCredentials) throws {
        var server = try #require(
            ScramServer(name, domain: "montague.example", decoy: decoy, nonce: "server")
        )
        _ = server.step(.initial(bytes("n,,n=romeo,r=client")))
        _ = server.step(.credentials(stored))
        let proof = Base64.encode(Array(repeating: 7, count: stored.hash.byteCount))
        let end = server.step(.response(bytes("c=biws,r=clientserver,p=\(proof)")))
        guard case .failure(let failure) = end, failure.condition == .notAuthorized else {
            Issue.record("\(end)")
            return
        }
    }
}
