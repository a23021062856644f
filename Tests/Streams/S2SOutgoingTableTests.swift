import MartletCore
import MartletXML
import Testing

@testable import MartletStreams

/// Hostile answers at every step of a stream that we opened.
struct S2SOutgoingTableTests {
    /// Where the stream may stand, and how it gets there.
    enum Step: String, CaseIterable {
        case connecting, opening, waiting, starting, securing, reopening, secured, identified
        case asking, authenticating, renewing, renewed, certified, requesting, dialled

        /// A caller whose stream stands there; one pair is wanted from `authenticating` on.
        func caller() throws -> S2SCaller {
            var caller = S2SCaller()
            for step in path { try step.enter(&caller) }
            return caller
        }

        /// The steps that lead here; from `identified` on, each has its own way.
        private var path: [Step] {
            let trunk: [Step] = [
                .opening, .waiting, .starting, .securing, .reopening, .secured, .identified,
            ]
            switch self {
            case .connecting: return []
            case .asking: return trunk + [.asking]
            case .authenticating: return trunk + [.authenticating]
            case .renewing: return trunk + [.authenticating, .renewing]
            case .renewed: return trunk + [.authenticating, .renewing, .renewed]
            case .certified: return trunk + [.authenticating, .renewing, .renewed, .certified]
            case .requesting: return trunk + [.requesting]
            case .dialled: return trunk + [.requesting, .dialled]
            default: return Array(trunk.prefix { $0 != self }) + [self]
            }
        }

        private func enter(_ caller: inout S2SCaller) throws {
            switch self {
            case .connecting: break
            case .opening: _ = caller.told(.connected)
            case .waiting, .secured, .renewed: _ = caller.told(.opened(.peer()))
            case .starting: _ = try caller.read(PeerWire.features(Wire.startTLS))
            case .securing: _ = try caller.read(PeerWire.proceed)
            case .reopening: _ = caller.told(.secured(.certified()))
            case .identified:
                _ = try caller.read(
                    PeerWire.features(PeerWire.external, PeerWire.dialback, PeerWire.management)
                )
            case .asking: _ = caller.told(.ask(S2SOutgoingTableTests.question))
            case .authenticating: _ = caller.wants(montague, capulet)
            case .renewing: _ = try caller.read(PeerWire.success)
            case .certified: _ = try caller.read(PeerWire.features())
            case .requesting: _ = caller.wants(rooms, capulet)
            case .dialled:
                _ = try caller.read(PeerWire.dialback("result", to: rooms, type: "valid"))
            }
        }
    }

    static let question = DialbackQuestion(
        pair: montagueToCapulet.reversed,
        streamID: "417GAF25",
        key: "225cc5aa"
    )

    /// What is never in order, wherever the stream stands.
    private static let nonsense = [
        "<nightingale xmlns='urn:example:birds'/>", PeerWire.message,
        "<iq type='get' id='1' from='capulet.example' to='montague.example'><query/></iq>",
        PeerWire.auth, Wire.startTLS, PeerWire.bidi, Wire.abort, Wire.unknownSASL,
        "<failure xmlns='\(Namespace.tls)'/>", "<bidi xmlns='\(Namespace.bidi)'/>",
        PeerWire.enable.replacing("enable", with: "resumed").replacing("sm:3", with: "sm:2"),
        PeerWire.dialback("result", "key"), PeerWire.dialback("verify", id: "1", "key"),
        PeerWire.dialback("result", from: garden, type: "valid"),
        PeerWire.dialback("result", from: montague, to: capulet, type: "valid"),
        PeerWire.dialback("verify", id: "417GAF26", type: "valid"),
        PeerWire.dialback("verify", type: "valid"),
        PeerWire.dialback("result", type: "perhaps"), PeerWire.dialback("sing", type: "valid"),
        "<result xmlns='\(Namespace.dialback)' type='valid'/>",
        "<result xmlns='\(Namespace.dialback)' from='@' to='montague.example' type='valid'/>",
    ]

    @Test(arguments: Step.allCases, nonsense)
    func `end the stream, and are believed in nothing`(step: Step, xml: String) throws {
        var caller = try step.caller()
        try #require(!caller.machine.isClosed)
        let pairs = caller.machine.pairs
        let told = try caller.read(xml)
        #expect(told.contains { $0.hasPrefix("fail ") } && told.last?.hasPrefix("close") == true)
        #expect(!told.contains { $0.hasPrefix("authorized") || $0.hasPrefix("stanza") })
        #expect(caller.machine.isClosed && caller.machine.pairs == pairs)
        #expect(try caller.read(PeerWire.success) == [] && caller.told(.closed) == [])
    }

    /// What is in order at one step is so nowhere else.
    @Test(arguments: [
        (PeerWire.proceed, [Step.starting]),
        (PeerWire.success, [.authenticating]),
        (PeerWire.failure, [.authenticating]),
        (PeerWire.features(PeerWire.dialback), [.secured, .renewed]),
        (PeerWire.dialback("result", to: rooms, type: "valid"), [.requesting]),
        (PeerWire.dialback("result", to: rooms, type: "invalid"), [.requesting]),
        (PeerWire.dialback("verify", id: "417GAF25", type: "valid"), [.asking]),
        (Wire.request, [.dialled]),
        ("<enabled xmlns='\(Namespace.streamManagement)'/>", [.dialled]),
    ])
    func `have their place`(xml: String, places: [Step]) throws {
        for step in Step.allCases {
            var caller = try step.caller()
            let told = try caller.read(xml)
            let isTaken = !told.contains { $0.hasPrefix("fail ") }
            #expect(isTaken == places.contains(step), "\(step): \(told)")
            #expect(caller.machine.isClosed != isTaken)
        }
    }

    @Test(arguments: Step.allCases)
    func `begin no stream within a stream`(step: Step) throws {
        var caller = try step.caller()
        let told = caller.told(.opened(.peer()))
        #expect(told.isEmpty == [.opening, .reopening, .renewing].contains(step))
        #expect(told.isEmpty || caller.machine.isClosed)
    }

    @Test(arguments: Step.allCases)
    func `are not answered with errors when they are errors`(step: Step) throws {
        for (event, reason) in [
            (S2SEvent.element(try Element.parse(PeerWire.error("reset"))), "reset"),
            (.closed, "it closed the stream"),
        ] {
            var caller = try step.caller()
            let told = caller.told(event)
            #expect(told.suffix(2).first?.hasSuffix(reason) == true && told.last == "close")
            #expect(told.count == (step == .asking ? 3 : 2), "and no question stays open")
        }
    }

    @Test(arguments: Step.allCases)
    func `do not matter to what is secured already`(step: Step) throws {
        for event in [S2SEvent.connected, .secured(.certified("mallory.example"))] {
            var caller = try step.caller()
            let isExpected =
                step == .connecting || step == .securing && caller.machine.isEncrypted == false
            let told = caller.told(event)
            #expect(told.isEmpty || isExpected)
            #expect(!caller.machine.isClosed)
        }
    }

    /// A thousand peers that mostly keep to the protocol, and then do not.
    @Test func `authorise nothing but what was asked, in whatever order they come`() throws {
        var authorized = 0
        for seed in 0..<1_000 as Range<UInt64> {
            var dice = Dice(state: seed)
            authorized += try Self.play(&dice)
        }
        #expect(authorized > 0, "or they all fail too early to show anything")
    }

    /// One stream; how many pairs were authorised on it.
    private static func play(_ dice: inout Dice) throws -> Int {
        var (caller, authorized) = (S2SCaller(), 0)
        var asked: Set<Bool> = []
        for _ in 0..<40 where !caller.machine.isClosed {
            let event = try Self.event(&dice, caller.machine.state)
            for told in caller.told(event) {
                let isRooms = told.contains("conference.")
                if told.hasPrefix("<db:result") || told.hasPrefix("<auth") { asked.insert(isRooms) }
                guard told.hasPrefix("authorized") else { continue }
                authorized += 1
                #expect(asked.contains(isRooms) && caller.machine.isEncrypted)
            }
        }
        return authorized
    }

    private static func event(
        _ dice: inout Dice,
        _ state: S2SOutgoingMachine.State
    ) throws -> S2SEvent {
        let choice = dice.below(12)
        if choice == 0 { return .element(try Element.parse(nonsense[dice.below(nonsense.count)])) }
        if choice == 1 {
            return [.connected, .secured(.stranger), .opened(.peer())][dice.below(3)]
        }
        if choice == 2 { return .element(try Element.parse(sense[dice.below(sense.count)])) }
        switch state {
        case .connecting: return .connected
        case .opening: return .opened(.peer())
        case .awaitingFeatures: return .element(try Element.parse(sense[dice.below(2)]))
        case .awaitingProceed: return .element(try Element.parse(PeerWire.proceed))
        case .securing: return .secured(.stranger)
        case .authenticating: return .element(try Element.parse(sense[2 + dice.below(2)]))
        case .identified, .closed:
            guard dice.below(2) == 0 else {
                return .element(try Element.parse(sense[4 + dice.below(3)]))
            }
            return .wants(
                DomainPair(sender: dice.below(2) == 0 ? montague : rooms, target: capulet)
            )
        }
    }

    /// What is in order somewhere.
    private static let sense = [
        PeerWire.features(Wire.startTLS, PeerWire.dialback),
        PeerWire.features(PeerWire.external, PeerWire.dialback, PeerWire.bidi),
        PeerWire.success, PeerWire.failure,
        PeerWire.dialback("result", type: "valid"),
        PeerWire.dialback("result", to: rooms, type: "valid"),
        PeerWire.dialback("result", to: rooms, type: "error"),
        PeerWire.proceed,
    ]

    /// SplitMix64.
    private struct Dice {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }

        mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
    }
}
