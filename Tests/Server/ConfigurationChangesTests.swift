import MartletServer
import Testing

struct ConfigurationChangesTests {
    private let plain = #"{"domains": {"a.example": {}, "b.example": {}}}"#

    @Test func `finds nothing where nothing but the spelling differs`() throws {
        let spelt = #"{ "shards": 0, "domains": {"b.example": {"limits": {}}, "A.example": {}} }"#
        let changes = try Configuration(spelt).changes(from: Configuration(plain))
        #expect(changes.isEmpty)
    }

    @Test func `tells domains that came, went and changed`() throws {
        let new = try Configuration(
            #"{"domains": {"b.example": {"anonymous": true}, "d.example": {}, "c.example": {}}}"#
        )
        let changes = try new.changes(from: Configuration(plain))
        #expect(changes.addedDomains == ["c.example", "d.example"])
        #expect(changes.removedDomains == ["a.example"])
        #expect(changes.changedDomains == ["b.example"])
        #expect(changes.keys.isEmpty)
        #expect(changes.keysThatNeedRestart.isEmpty)
    }

    @Test func `counts a domain as changed when what it takes from all has`() throws {
        let new = try Configuration(
            """
            {"limits": {"rosterItems": 1},
             "domains": {"a.example": {}, "b.example": {"limits": {"rosterItems": 5000}}}}
            """
        )
        let changes = try new.changes(from: Configuration(plain))
        #expect(changes.changedDomains == ["a.example"])
        #expect(changes.keys == ["limits.rosterItems"])
    }

    @Test func `tells keys that count at once from those that need a restart`() throws {
        let new = try Configuration(
            """
            {"limits": {"loginSeconds": 5, "connectionsPerAddress": 7},
             "tls": {"minimum": "1.3"}, "storage": {"path": "other.db"},
             "listeners": [{"port": 5299}], "plugins": {"ping": {}}, "shards": 2}
            """
        )
        let changes = try new.changes(from: Configuration("{}"))
        #expect(changes.keys == ["limits.loginSeconds", "plugins", "tls.minimum"])
        #expect(
            changes.keysThatNeedRestart == [
                "limits.connectionsPerAddress", "listeners", "shards", "storage.path",
            ]
        )
        #expect(changes.changedDomains.isEmpty)
    }

    @Test func `tells what changed of other servers and components`() throws {
        let old = try Configuration(
            """
            {"s2s": {"dialbackSecret": "sixteen letters.", "peers": {"a.example": {}}},
             "components": {"irc.example": {"secret": "s"}}, "domains": {"b.example": {}}}
            """
        )
        let new = try Configuration(
            """
            {"s2s": {"dialbackSecret": "sixteen letters!", "privateAddresses": true,
                     "peers": {"a.example": {"tls": "optional"}}, "block": ["c.example"],
                     "limits": {"idleSeconds": 60}},
             "components": {"irc.example": {"secret": "t"}},
             "domains": {"b.example": {"s2s": {"enabled": false}}}}
            """
        )
        let changes = new.changes(from: old)
        #expect(
            changes.keys == ["components", "s2s.block", "s2s.limits.idleSeconds", "s2s.peers"]
        )
        #expect(changes.keysThatNeedRestart == ["s2s.dialbackSecret", "s2s.privateAddresses"])
        #expect(changes.changedDomains == ["b.example"])
        #expect(old.changes(from: old).isEmpty)
    }
}
