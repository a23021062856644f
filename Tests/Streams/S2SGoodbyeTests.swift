import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// What a peer said before it heard our goodbye (RFC 6120 §4.4).
struct S2SGoodbyeTests {
    @Test func `stanzas that meet our closing tag are taken`() throws {
        var visit = try S2SVisit.proved()
        #expect(visit.machine.close(nil).map(\.gist) == ["close "])
        #expect(visit.machine.isClosed && visit.machine.isHearingOut)
        #expect(try visit.read(VisitWire.message) == ["stanza message"])
        #expect(
            try visit.read("<iq type='get' from='x@capulet.example' to='montague.example'/>").count
                == 1
        )
        #expect(visit.told(.closed).isEmpty)
        #expect(!visit.machine.isHearingOut)
        #expect(try visit.read(VisitWire.message).isEmpty)
    }

    @Test func `nothing else is answered any more`() throws {
        var visit = try S2SVisit.proved()
        _ = visit.machine.close(nil)
        #expect(try visit.read(VisitWire.claim(from: "tybalt.example")).isEmpty)
        #expect(try visit.read(VisitWire.verify()).isEmpty)
        #expect(try visit.read(VisitWire.auth).isEmpty)
        #expect(visit.machine.isHearingOut)
        #expect(try visit.read(VisitWire.stanza(from: "tybalt@tybalt.example")).isEmpty)
        #expect(!visit.machine.isHearingOut)
    }

    @Test func `after an error nothing is`() throws {
        var visit = try S2SVisit.proved()
        _ = visit.machine.close(StreamError(.policyViolation))
        #expect(!visit.machine.isHearingOut)
        #expect(try visit.read(VisitWire.message).isEmpty)
    }

    @Test func `nobody is heard out who proved nothing, or said goodbye first`() throws {
        var stranger = S2SVisit.open()
        _ = stranger.machine.close(nil)
        #expect(!stranger.machine.isHearingOut)
        var visit = try S2SVisit.proved()
        #expect(visit.told(.closed) == ["close "])
        #expect(!visit.machine.isHearingOut)
    }

    @Test func `on a stream that we opened, where it goes both ways`() throws {
        let duet = S2SDuet()
        duet.play()
        #expect(duet.caller.hasSaid("authorized"), "\(duet.caller.said)")
        var machine = duet.caller.machine
        _ = machine.close(nil)
        #expect(machine.isHearingOut)
        let answer = try Element.parse(
            "<message from='juliet@capulet.example' to='romeo@montague.example'/>"
        )
        #expect(machine.receive(.element(answer)).map(\.gist) == ["stanza message"])
        #expect(
            machine.receive(.wants(montagueToCapulet)).map(\.gist).first?.hasPrefix("refused")
                == true
        )
        #expect(machine.receive(.closed).isEmpty && !machine.isHearingOut)
    }
}
