import CPlugin
import Synchronization

@testable import MartletPluginKit

/// A core that remembers what it was told, for all tests of this process.
///
/// Its functions for stanzas and addresses are the server's.
enum FakeCore {
    /// Unchecked: made once, before a plugin has it, and never written again.
    nonisolated(unsafe) static let table: UnsafePointer<martlet_core> = {
        let table = UnsafeMutablePointer<martlet_core>.allocate(capacity: 1)
        table.initialize(to: serverFunctions())
        fillRegistering(&table.pointee)
        fillDeciding(&table.pointee)
        fillRest(&table.pointee)
        fillInterfaces(&table.pointee)
        FakeHome.fill(&table.pointee)
        FakeStream.fill(&table.pointee)
        return UnsafePointer(table)
    }()

    /// Has the kit call this core; what a test does first that loads no plugin.
    static func install() { _ = isInstalled }

    private static let isInstalled: Bool = {
        Core.table = table
        return true
    }()

    private static func fillRegistering(_ core: inout martlet_core) {
        core.hook = { site, hook in
            guard let site, let hook else { return 0 }
            return FakeSite.at(site).add(hook.pointee)
        }
        core.iq = { site, iq in
            guard let site, let iq else { return 0 }
            return FakeSite.at(site).add(iq.pointee)
        }
        core.item = { site, item in
            guard let site, let item else { return 0 }
            return FakeSite.at(site).add(item.pointee)
        }
    }

    private static func fillDeciding(_ core: inout martlet_core) {
        core.reply = { event, payload in FakeCall.at(event).reply(payload.string) }
        core.fail = { event, error in
            if let error { FakeCall.at(event).note { $0.error = StanzaError(error.pointee) } }
            return Int32(MARTLET_ERROR)
        }
        core.replace = { event, stanza in
            guard let stanza else { return Int32(MARTLET_EINVAL) }
            FakeCall.at(event).note { $0.replaced = Stanza(retaining: stanza) }
            return Int32(MARTLET_OK)
        }
        core.pass = { event, value in
            guard let value else { return Int32(MARTLET_EINVAL) }
            FakeCall.at(event).pass(value.pointee)
            return Int32(MARTLET_OK)
        }
        core.log_in = { event, address in
            FakeCall.at(event).note { $0.login = address.string }
            return Int32(MARTLET_OK)
        }
        core.pend = { FakeCall.at($0).pend() }
        core.complete = { token, outcome in
            guard let outcome else { return Int32(MARTLET_EINVAL) }
            return FakeCall.complete(token, outcome.pointee)
        }
    }

    private static func fillRest(_ core: inout martlet_core) {
        core.domain = { _ in martlet_str("montague.example") }
        core.now_us = { _ in 1_000_000 }
        core.log = { site, level, text in
            guard let site else { return }
            FakeSite.at(site).say("\(level) \(text.string)")
        }
        core.timer = { site, first, every, call, ud in
            guard let site, let call else { return 0 }
            return FakeSite.at(site).add(FakeTimer(first: first, every: every, call, ud))
        }
        core.cancel = { _, _ in Int32(MARTLET_OK) }
        core.answer = { token, status, pairs, count, body in
            FakeAnswers.shared.put(token, status, body.string, pairs, count)
            return Int32(MARTLET_OK)
        }
    }

    private static func fillInterfaces(_ core: inout martlet_core) {
        core.query = { site, name in
            guard let site else { return nil }
            return FakeSite.at(site).interface(name.string)
        }
        core.provide = { site, name, table in
            guard let site, let table else { return Int32(MARTLET_EINVAL) }
            let isFree = FakeSite.at(site).provide(name.string, table)
            return Int32(isFree ? MARTLET_OK : MARTLET_ECONFLICT)
        }
    }
}
