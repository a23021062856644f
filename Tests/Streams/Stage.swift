import MartletCore
import MartletSASL
import MartletXML
import Testing

@testable import MartletStreams

/// Where a client's stream may stand, and how it gets there.
enum Stage: String, CaseIterable {
    case fresh, plain, securing, reopening, secured, authenticating, loggedIn, authenticated,
        binding, bound, closed

    /// A machine that stands there.
    func machine() throws -> C2SMachine {
        var machine = C2SMachine()
        for stage in Stage.allCases.dropFirst() where self != .fresh {
            if self == .closed { return try closed(machine) }
            try stage.enter(&machine)
            if stage == self { break }
        }
        return machine
    }

    private func closed(_ machine: C2SMachine) throws -> C2SMachine {
        var machine = machine
        _ = machine.close(nil)
        return machine
    }

    /// The step that leads from the stage before.
    private func enter(_ machine: inout C2SMachine) throws {
        switch self {
        case .fresh, .closed: break
        case .plain, .secured, .authenticated: _ = machine.receive(.opened(.client()))
        case .securing: _ = try machine.read(Wire.startTLS)
        case .reopening: _ = machine.receive(.secured(.tls))
        case .authenticating: _ = try machine.read(Wire.plain)
        case .loggedIn: _ = machine.receive(.verified(true))
        case .binding: _ = try machine.read(Wire.bind)
        case .bound: _ = machine.receive(.bound(balcony))
        }
    }
}

/// What clients send.
enum Wire {
    static let startTLS = "<starttls xmlns='\(Namespace.tls)'/>"
    /// With `NUL romeo NUL rose`.
    static let plain = "<auth xmlns='\(Namespace.sasl)' mechanism='PLAIN'>AHJvbWVvAHJvc2U=</auth>"
    static let response = "<response xmlns='\(Namespace.sasl)'>AHJvbWVvAHJvc2U=</response>"
    static let abort = "<abort xmlns='\(Namespace.sasl)'/>"
    static let unknownSASL = "<sing xmlns='\(Namespace.sasl)'/>"
    static let message = "<message><body>But soft</body></message>"
    static let bind =
        "<iq type='set' id='b'><bind xmlns='\(Namespace.bind)'><resource>balcony</resource></bind></iq>"
    static let enable = "<enable xmlns='\(Namespace.streamManagement)'/>"
    static let resume = "<resume xmlns='\(Namespace.streamManagement)' previd='p' h='0'/>"
    static let request = "<r xmlns='\(Namespace.streamManagement)'/>"
    static let foreign = "<nightingale xmlns='urn:example:birds'/>"
    static let error =
        "<error xmlns='\(Namespace.streams)'><reset xmlns='\(Namespace.streamErrors)'/></error>"
}
