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
}
