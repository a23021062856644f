import MartletCore
import MartletSASL
import MartletXML
import Testing

@testable import MartletStreams

/// What is offered, and when (RFC 6120 §4.3.2).
struct C2SFeatureTests {
    private func features(
        of host: StreamHost,
        _ security: StreamSecurity = StreamSecurity(),
        account: JID? = nil
    ) -> String {
        StreamFeatures.c2s.element(
            in: StreamState(host: host, security: security, account: account)
        ).description
    }

    private func inFeatures(_ xml: String) throws -> String {
        try Element.parse("<features xmlns='\(Namespace.streams)'>\(xml)</features>").description
    }

    private static let required =
        "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"

    private func mechanisms(_ names: [SASLMechanismName]) -> String {
        let list = names.map { "<mechanism>\($0)</mechanism>" }.joined()
        return "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>\(list)</mechanisms>"
    }

    private static let binding =
        "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/></sasl-channel-binding>"

    @Test func `offers TLS and nothing else where it is required`() throws {
        #expect(features(of: .house()) == (try inFeatures(Self.required)))
    }

    @Test func `offers mechanisms beside TLS where it is not required`() throws {
        var house = StreamHost.house(mechanisms: [.scramSHA1, .plain, .scramSHA1Plus])
        house.requiresTLS = false
        let offer = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
        #expect(features(of: house) == (try inFeatures(offer + mechanisms([.scramSHA1]))))
        house.allowsPlainWithoutTLS = true
        let both = offer + mechanisms([.scramSHA1, .plain])
        #expect(features(of: house) == (try inFeatures(both)))
    }

    /// XEP-0440 §3: beside the mechanisms, what they can be bound by.
    @Test func `offers mechanisms and bindings through TLS, the strongest first`() throws {
        let names = SASLMechanismName.known.filter { $0 != .external }
        #expect(
            features(of: .house(), .tls) == (try inFeatures(mechanisms(names) + Self.binding))
        )
        #expect(
            features(of: .house(), .certified)
                == (try inFeatures(mechanisms(SASLMechanismName.known) + Self.binding))
        )
    }

    @Test func `offers no -PLUS where there is nothing to bind to`() {
        var security = StreamSecurity.tls
        security.channelBindings = []
        let told = features(of: .house(), security)
        #expect(!told.contains("-PLUS"))
        #expect(!told.contains("sasl-channel-binding"))
        #expect(told.contains("SCRAM-SHA-512"))
    }

    @Test func `offers what a session needs once the client is known`() throws {
        var house = StreamHost.house()
        house.stanzaByteLimit = 10_000
        house.features = [Element("carol", in: "urn:example:carol")]
        let told = """
            <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><required/></bind>\
            <session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>\
            <sm xmlns='urn:xmpp:sm:3'/>\
            <limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>10000</max-bytes></limits>\
            <carol xmlns='urn:example:carol'/>
            """
        #expect(features(of: house, .tls, account: romeo) == (try inFeatures(told)))
    }

    /// XEP-0478 §3.
    @Test func `tells after how long it asks whether a silent client is there`() {
        var house = StreamHost.house()
        house.idleSeconds = 300
        let told = features(of: house, .tls, account: romeo)
        #expect(told.contains("<idle-seconds>300</idle-seconds></limits>"))
    }

    @Test func `offers what modules register, in their order`() throws {
        var features = StreamFeatures([])
        for name in ["one", "two"] {
            features.register(
                StreamFeature(namespace: "urn:example:\(name)") { state in
                    state.account == nil ? Element(name, in: "urn:example:\(name)") : nil
                }
            )
        }
        let state = StreamState(host: .house(), security: .tls, account: nil)
        let told = "<one xmlns='urn:example:one'/><two xmlns='urn:example:two'/>"
        #expect(features.element(in: state).description == (try inFeatures(told)))
    }
}
