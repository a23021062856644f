import CPlugin
import Synchronization
import Testing

@testable import MartletPluginKit

@Suite struct ExportTests {
    private struct Settings: PluginSettings {
        var limit = 3
    }

    private enum Fault: Error { case tooMany }

    /// Refuses limits above ten, and cannot be given those above five while it works.
    private final class Limited: Plugin {
        static let about = PluginDescription(
            "limited",
            version: "1.2",
            "Has a limit.",
            isOffByDefault: true,
            needs: ["martlet.store/1", "x/1?"],
            provides: ["limit/1"],
            settingsSchema: "{}"
        )
        let limit: Atomic<Int>

        static func register(in registration: borrowing Registration<Limited>) {
            registration.feature("urn:x", of: [.domain, .account])
            registration.identity("server", "im", name: "X")
            registration.streamFeature(XML("x", in: "urn:x"), .beforeBind)
            registration.service("chat", category: "conference", type: "text", name: "Rooms")
            registration.collection("notes", isShared: true)
            registration.onVerb("limit", help: "tells it") { plugin, call in
                guard call.fields.isEmpty else { throw Fault.tooMany }
                return CallAnswer(
                    "\(plugin.limit.load(ordering: .relaxed))",
                    fields: [("caller", call.caller?.description ?? "nobody")]
                )
            }
        }

        init(_ site: Site, _ settings: Settings) throws {
            guard settings.limit <= 10 else { throw Fault.tooMany }
            limit = Atomic(settings.limit)
        }

        func reconfigure(_ settings: Settings) throws -> Bool {
            guard settings.limit <= 10 else { throw Fault.tooMany }
            guard settings.limit <= 5 else { return false }
            limit.store(settings.limit, ordering: .relaxed)
            return true
        }
    }

    @Test func `describes a plugin`() {
        let said = export(Limited.self).pointee
        #expect(said.magic == MARTLET_ABI_MAGIC)
        #expect(Int(said.size) == MemoryLayout<martlet_plugin>.size)
        #expect(said.name.string == "limited")
        #expect(said.version.string == "1.2")
        #expect(said.about.string == "Has a limit.")
        #expect(said.needs.string == "martlet.store/1 x/1?")
        #expect(said.provides.string == "limit/1")
        #expect(said.flags == UInt32(MARTLET_OFF_BY_DEFAULT))
    }

    @Test func `registers what is shown`() throws {
        let plugin = try Loaded(Limited.self)
        let items = plugin.whole.items
        #expect(
            items == [
                .init(kind: MARTLET_ITEM_FEATURE, flags: 3, name: "urn:x", value: ""),
                .init(kind: MARTLET_ITEM_IDENTITY, flags: 1, name: "server/im", value: "X"),
                .init(
                    kind: MARTLET_ITEM_STREAM,
                    flags: MARTLET_BEFORE_BIND,
                    name: "",
                    value: "<x xmlns='urn:x'/>"
                ),
                .init(
                    kind: MARTLET_ITEM_SERVICE,
                    flags: 0,
                    name: "chat",
                    value: "conference/text|Rooms"
                ),
                .init(
                    kind: MARTLET_ITEM_COLLECTION,
                    flags: MARTLET_SHARED,
                    name: "notes",
                    value: ""
                ),
                .init(kind: MARTLET_ITEM_VERB, flags: 0, name: "limit", value: "tells it"),
            ]
        )
    }

    @Test func `refuses to start, and says why`() {
        let fault = #expect(throws: Loaded<Limited>.Refused.self) {
            try Loaded(Limited.self, settings: #"{"limit": 11}"#)
        }
        #expect(fault?.reason == "tooMany")
    }

    @Test(arguments: [
        (4, MARTLET_OK, 4), (6, MARTLET_EUNSUPPORTED, 3), (11, MARTLET_EINVAL, 3),
    ])
    func `takes other settings, or not`(limit: Int, status: Int, then: Int) async throws {
        let plugin = try Loaded(Limited.self)
        var reason = martlet_str.none
        let said = "{\"limit\": \(limit)}".lend {
            plugin.descriptor.pointee.configure?(plugin.instance, $0, &reason)
        }
        #expect(said == Int32(status))
        #expect(reason.string == (status == MARTLET_EINVAL ? "tooMany" : ""))
        #expect(
            Instance<Limited>.plugin(at: plugin.instance)?.limit.load(ordering: .relaxed) == then
        )
    }

    @Test func `answers a verb`() async throws {
        let plugin = try Loaded(Limited.self, settings: #"{"limit": 5}"#)
        let verb = try #require(plugin.whole.calls.first)
        let answer = await FakeAnswers.shared.ask(
            verb,
            of: plugin.instance,
            at: plugin.site,
            name: "limit",
            caller: "romeo@montague.example"
        )
        #expect(answer.status == MARTLET_OK)
        #expect(answer.text == "5")
        #expect(answer.fields == ["caller=romeo@montague.example"])
    }

    @Test func `answers a verb that fails, or that nobody is there for`() async throws {
        let plugin = try Loaded(Limited.self)
        let verb = try #require(plugin.whole.calls.first)
        let failed = await FakeAnswers.shared.ask(
            verb,
            of: plugin.instance,
            at: plugin.site,
            name: "limit",
            fields: ["x"]
        )
        #expect(failed.status == MARTLET_EINVAL)
        #expect(failed.text == "tooMany")
        let nobody = await FakeAnswers.shared.ask(verb, of: nil, at: plugin.site, name: "limit")
        #expect(nobody.status == MARTLET_ESTOPPED)
    }

    @Test func `lets go of what is stopped`() async throws {
        let plugin = try Loaded(Limited.self)
        weak let kept = Instance<Limited>.plugin(at: plugin.instance)
        #expect(kept != nil)
        await plugin.stop()
        #expect(kept == nil)
    }
}
