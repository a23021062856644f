import CPlugin
import Synchronization
import Testing

@testable import MartletPluginKit

/// A plugin as a server holds it: loaded, and started at one domain.
///
/// Unchecked: what the kit gave, which is never freed, and the instance, which the test stops.
final class Loaded<P: Plugin>: @unchecked Sendable {
    let descriptor: UnsafePointer<martlet_plugin>
    let whole = FakeSite()
    let site: FakeSite
    let instance: UnsafeMutableRawPointer

    init(
        _ type: P.Type,
        settings: String = "{}",
        store: UnsafePointer<martlet_store>? = nil
    ) throws {
        let site = FakeSite(store: store)
        descriptor = export(type)
        self.site = site
        var reason = martlet_str.none
        let said = descriptor.pointee
        let status = said.load?(said.ud, FakeCore.table, whole.handle, &reason)
        try #require(status == Int32(MARTLET_OK))
        let started = settings.lend { said.start?(said.ud, site.handle, $0, &reason) }
        guard let instance = started ?? nil else { throw Refused(reason: reason.string) }
        self.instance = instance
    }

    struct Refused: Error { let reason: String }

    /// The hook that was registered under a name.
    func hook(_ name: String) throws -> FakeSite.Hook {
        try #require(whole.hooks.first { $0.name == name || $0.match == name })
    }

    /// Runs a hook.
    func run(
        _ name: String,
        _ stanza: Stanza? = nil,
        in call: FakeCall = FakeCall(),
        mending error: StanzaError? = nil
    ) throws -> (verdict: Int, decision: FakeCall.Decision) {
        let hook = try hook(name)
        let verdict = call.run(hook, of: instance, at: site, stanza, mending: error)
        return (verdict, call.decision)
    }

    func stop() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let waiting = Unmanaged.passRetained(Stopped(continuation))
            descriptor.pointee.stop?(
                instance,
                { ud in
                    guard let ud else { return }
                    Unmanaged<Stopped>.fromOpaque(ud).takeRetainedValue().continuation.resume()
                },
                waiting.toOpaque()
            )
        }
    }
}

private final class Stopped: Sendable {
    let continuation: CheckedContinuation<Void, Never>

    init(_ continuation: CheckedContinuation<Void, Never>) { self.continuation = continuation }
}

/// A gate that a handler waits at until the test opens it.
final class Gate: Sendable {
    private enum State: Sendable {
        case shut
        case awaited(CheckedContinuation<Void, Never>)
        case open
    }

    private let state = Mutex(State.shut)

    func pass() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isOpen = state.withLock { state in
                if case .open = state { return true }
                state = .awaited(continuation)
                return false
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state = .open }
            guard case .awaited(let waiter) = state else { return nil }
            return waiter
        }
        waiter?.resume()
    }
}
