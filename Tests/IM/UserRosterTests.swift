import MartletCore
import MartletStorage
import Testing

@testable import MartletIM

@Suite struct UserRosterTests {
    private static let juliet = JID.named("juliet@capulet.example")
    private static let nurse = JID.named("nurse@capulet.example")

    @Test func `tells whom the last change says, however often it was asked before`() {
        let roster = UserRoster(
            Roster(items: [RosterItem(Self.juliet, subscription: .both)], version: 1)
        )
        #expect(roster.subscribers == [Self.juliet])
        roster.apply(.set(RosterItem(Self.nurse, subscription: .from)))
        #expect(Set(roster.subscribers) == [Self.juliet, Self.nurse])
        roster.apply(.set(RosterItem(Self.juliet, subscription: .to)))
        #expect(roster.subscribers == [Self.nurse])
        roster.apply(.remove(Self.nurse))
        #expect(roster.subscribers.isEmpty)
    }
}
