import MartletCore
import Testing

@testable import MartletStreams

/// Keys by the recipe of XEP-0185, with the examples of both texts.
struct DialbackKeyTests {
    @Test(arguments: [
        (
            "s3cr3tf0rd14lb4ck", "xmpp.example.com", "example.org", "D60000229F",
            "37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b89323075643"
        ),
        (
            "s3cr3tf0rd14lb4ck", "montague.example", "capulet.example", "D60000229F",
            "b4835385f37fe2895af6c196b59097b16862406db80559900d96bf6fa7d23df3"
        ),
        (
            "d14lb4ck43v3r", "capulet.example", "montague.example", "417GAF25",
            "225cc5aa6a071133249d25fef42ae516fc7a86c523aa1c6980a7f73e784c972d"
        ),
    ])
    func `are those of the standards`(
        secret: String,
        receiving: String,
        originating: String,
        streamID: String,
        key: String
    ) {
        let secret = DialbackSecret(Array(secret.utf8))
        let receiving = JID(prepared: nil, receiving)
        let originating = JID(prepared: nil, originating)
        let made = secret.key(receiving: receiving, originating: originating, streamID: streamID)
        #expect(made == key)
        for text in [key, "\n    \(key)\n  ", "\t\(key)\r"] {
            let isValid = secret.isValid(
                text,
                receiving: receiving,
                originating: originating,
                streamID: streamID
            )
            #expect(isValid)
        }
    }

    /// Row 26 of the attacks: a key is for one pair, one stream and one secret.
    @Test func `fit nothing else`() {
        let secret = DialbackSecret(Array("secret".utf8))
        let (montague, capulet) = (S2SVisit.montague, S2SVisit.capulet)
        let key = secret.key(receiving: montague, originating: capulet, streamID: "id")
        func isValid(_ key: String, _ receiving: JID, _ originating: JID, _ id: String) -> Bool {
            secret.isValid(key, receiving: receiving, originating: originating, streamID: id)
        }
        #expect(isValid(key, montague, capulet, "id"))
        #expect(!isValid(key, montague, capulet, "other"))
        #expect(!isValid(key, capulet, montague, "id"))
        #expect(!isValid(key, S2SVisit.rooms, capulet, "id"))
        for forged in ["", " ", String(key.dropLast()), key + "0", key.uppercased(), "key"] {
            #expect(!isValid(forged, montague, capulet, "id"), "\(forged)")
        }
        let other = DialbackSecret(Array("Secret".utf8))
        #expect(!other.isValid(key, receiving: montague, originating: capulet, streamID: "id"))
    }

    /// Spaces between the parts keep one name from running over into the next (XEP-0185 §2).
    @Test func `tell names apart that are the same when joined`() {
        let secret = DialbackSecret([])
        let left = secret.key(
            receiving: JID(prepared: nil, "example.inf"),
            originating: JID(prepared: nil, "orm.example"),
            streamID: "1"
        )
        let right = secret.key(
            receiving: JID(prepared: nil, "example.info"),
            originating: JID(prepared: nil, "rm.example"),
            streamID: "1"
        )
        #expect(left != right)
    }
}
