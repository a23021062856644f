import CPlugin
import Synchronization

@testable import MartletPluginKit

/// A place where a plugin is at work, and what it registered there.
///
/// Unchecked: functions and pointers that the plugin under test gave; it is never freed.
final class FakeSite: @unchecked Sendable {
    /// What a handler was registered with.
    ///
    /// Unchecked: functions, and a pointer that only the kit follows.
    struct Hook: @unchecked Sendable {
        let phase: Int
        let match: String
        let name: String
        let priority: Int
        let flags: UInt32
        let timeout: Int
        let run: martlet_hook_fn?
        let mend: martlet_hook_fn?
        let ud: UnsafeMutableRawPointer?
    }

    /// Unchecked: the same.
    struct Call: @unchecked Sendable {
        let function: martlet_call_fn
        let ud: UnsafeMutableRawPointer?
    }

    struct Item: Equatable, Sendable {
        let kind: Int
        let flags: Int
        let name: String
        let value: String
    }

    private struct State: Sendable {
        var hooks: [Hook] = []
        var items: [Item] = []
        var calls: [Call] = []
        var timers: [FakeTimer] = []
        var lines: [String] = []
        var count: UInt64 = 0
        var interfaces: [String: Interface] = [:]
        var home: FakeHome?
    }

    /// Unchecked: a table of functions that its maker keeps as it is.
    private struct Interface: @unchecked Sendable { let table: UnsafeRawPointer }

    private let state = Mutex(State())

    init(store: UnsafePointer<martlet_store>? = nil) {
        if let store { _ = provide("martlet.store/1", UnsafeRawPointer(store)) }
        _ = Unmanaged.passRetained(self)
    }

    var handle: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }
    var site: Site { Site(handle) }

    static func at(_ handle: OpaquePointer) -> FakeSite {
        Unmanaged<FakeSite>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
    }

    var hooks: [Hook] { state.withLock { $0.hooks } }
    var items: [Item] { state.withLock { $0.items } }
    var timers: [FakeTimer] { state.withLock { $0.timers } }
    var lines: [String] { state.withLock { $0.lines } }
    var calls: [Call] { state.withLock { $0.calls } }

    func say(_ line: String) { state.withLock { $0.lines.append(line) } }

    /// The only home that can be visited.
    var home: FakeHome? {
        get { state.withLock(\.home) }
        set { state.withLock { $0.home = newValue } }
    }

    func interface(_ name: String) -> UnsafeRawPointer? {
        state.withLock { $0.interfaces[name] }?.table
    }

    func provide(_ name: String, _ table: UnsafeRawPointer) -> Bool {
        let interface = Interface(table: table)
        return state.withLock { state in
            guard state.interfaces[name] == nil else { return false }
            state.interfaces[name] = interface
            return true
        }
    }
}

// MARK: Registering

extension FakeSite {
    func add(_ raw: martlet_hook) -> UInt64 {
        add(
            Hook(
                phase: Int(raw.phase),
                match: raw.match.string,
                name: raw.name.string,
                priority: Int(raw.priority),
                flags: raw.flags,
                timeout: Int(raw.timeout_ms),
                run: raw.run,
                mend: raw.mend,
                ud: raw.ud
            )
        )
    }

    /// A request is a handler at the phase of its first target.
    func add(_ raw: martlet_iq) -> UInt64 {
        add(
            Hook(
                phase: Int(raw.targets),
                match: "{\(raw.ns.string)}\(raw.name.string)",
                name: raw.type == UInt32(MARTLET_TYPE_GET) ? "get" : "set",
                priority: Int(raw.priority),
                flags: 0,
                timeout: Int(raw.timeout_ms),
                run: raw.run,
                mend: nil,
                ud: raw.ud
            )
        )
    }

    func add(_ raw: martlet_item) -> UInt64 {
        let item = Item(
            kind: Int(raw.kind),
            flags: Int(raw.flags),
            name: raw.name.string,
            value: raw.value.string
        )
        let call = raw.call.map { Call(function: $0, ud: raw.ud) }
        return state.withLock { state in
            state.items.append(item)
            if let call { state.calls.append(call) }
            state.count += 1
            return state.count
        }
    }

    func add(_ timer: FakeTimer) -> UInt64 {
        state.withLock { state in
            state.timers.append(timer)
            state.count += 1
            return state.count
        }
    }

    private func add(_ hook: Hook) -> UInt64 {
        state.withLock { state in
            state.hooks.append(hook)
            state.count += 1
            return state.count
        }
    }
}

/// A timer that goes off when the test says so.
///
/// Unchecked: a function, and a pointer that only the kit follows.
struct FakeTimer: @unchecked Sendable {
    let first: UInt64
    let every: UInt64
    private let call: martlet_timer_fn
    private let ud: UnsafeMutableRawPointer?

    init(
        first: UInt64,
        every: UInt64,
        _ call: @escaping martlet_timer_fn,
        _ ud: UnsafeMutableRawPointer?
    ) {
        self.first = first
        self.every = every
        self.call = call
        self.ud = ud
    }

    func goOff() { call(ud, 1) }
}
