import MartletCore
import MartletCrypto
import Testing

@testable import MartletSASL

/// Row 21 of the attacks, when the iteration count has been raised: accounts have several.
@Suite struct IterationSpreadTests {
    private let names = (0..<400).map { JID(prepared: "user\($0)", "montague.example") }

    private func counts(_ spread: IterationSpread) -> [Int] {
        names.map { decoy.like(spread).credentials(of: $0, hash: .sha256).iterations }
    }

    private func spread(_ tally: [Int: Int]) -> IterationSpread {
        IterationSpread(tally.flatMap { Array(repeating: $0.key, count: $0.value) })
    }

    @Test func `is that of new accounts where there are none`() {
        #expect(Set(counts(IterationSpread([]))) == [4096])
    }

    @Test func `gives counts that accounts have, as often as they have them`() {
        #expect(Set(counts(spread([5_000: 7]))) == [5_000], "no new one as long as nobody has it")
        let mixed = counts(spread([4_096: 300, 5_000: 100, 20_000: 100]))
        #expect(Set(mixed) == [4_096, 5_000, 20_000])
        #expect((200...280).contains(mixed.filter { $0 == 4_096 }.count), "of 400, 240 in the mean")
        #expect((50...110).contains(mixed.filter { $0 == 20_000 }.count), "of 400, 80 in the mean")
    }

    @Test func `never lets a count fall while those of accounts rise`() {
        var last = counts(spread([4_096: 100]))
        for risen in stride(from: 4, through: 100, by: 4) {
            let next = counts(spread([4_096: 100 - risen, 9_000: risen / 3, 20_000: risen]))
            #expect(zip(last, next).allSatisfy { $0 <= $1 })
            last = next
        }
        #expect(!last.contains(4_096))
    }

    /// Verifiers that are made anew have a new salt, and one count for all hashes.
    @Test func `changes the salt with the count alone`() {
        let (before, after) = (spread([4_096: 100]), spread([4_096: 50, 5_000: 50]))
        for name in names {
            for hash in [HashFunction.sha1, .sha256, .sha512] {
                let old = decoy.like(before).credentials(of: name, hash: hash)
                let new = decoy.like(after).credentials(of: name, hash: hash)
                let other = decoy.like(after).credentials(of: name, hash: .sha256)
                #expect((old.salt == new.salt) == (old.iterations == new.iterations))
                #expect(new.iterations == other.iterations)
            }
        }
    }

    @Test func `costs PLAIN as much as SCRAM says`() {
        let mixed = decoy.like(spread([4_096: 50, 5_000: 50]))
        for name in names.prefix(20) {
            var derived: [Int] = []
            _ = PasswordCheck(nil, of: name, decoy: mixed).run(password: "any") {
                derived.append($3)
                return ScramKeys($0, $1, $2, 1)
            }
            #expect(derived == [mixed.credentials(of: name, hash: .sha256).iterations])
        }
    }
}
