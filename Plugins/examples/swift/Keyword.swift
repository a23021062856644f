public import CPlugin
import MartletPluginKit

/// The example plugin in Swift: tells a sender how often the word "martlet" was heard in chats.
final class Keyword: Plugin {
    static let about = PluginDescription(
        "keyword-swift",
        version: "1.0",
        "Counts a word in chats: the example in Swift.",
        isOffByDefault: true,
        needs: ["martlet.store/1"]
    )

    private struct Count: Codable { var times = 0 }

    static func register(in registration: borrowing Registration<Keyword>) {
        registration.collection("keyword-swift")
        registration.observe(.received, "message[@type='chat']/body") { plugin, event in
            let stanza = event.stanza
            guard stanza.child("body")?.text.contains("martlet") == true else { return }
            // An observer cannot wait; what it begins ends by itself, at the latest with the store.
            Task { await plugin.count(for: stanza.from) }
        }
    }

    private let site: Site
    private let counts: Documents<Count>

    init(_ site: Site, _ settings: NoSettings) {
        self.site = site
        counts = Documents("keyword-swift", at: site)
    }

    /// Counts one more, and says so to who said it.
    private func count(for speaker: JID?) async {
        do throws(StoreError) {
            let times = try await countOneMore()
            let body = XML("body") { $0.text("keyword-swift: heard \(times)") }
            if let answer = Stanza(.message, type: .headline, to: speaker, body) {
                site.route(answer)
            }
        } catch {
            site.log(.warning, "the count was not written: \(error)")
        }
    }

    /// Once more from the start when somebody else counted in between.
    private func countOneMore() async throws(StoreError) -> Int {
        while true {
            let found = try await counts.get("martlet", of: .domain)
            let count = Count(times: (found?.value.times ?? 0) + 1)
            do throws(StoreError) {
                let condition = found.map { VersionCondition.exactly($0.version) } ?? .absent
                try await counts.put(count, under: "martlet", of: .domain, if: condition)
                return count.times
            } catch {
                guard error == .conflict else { throw error }
            }
        }
    }
}

@c(martlet_plugin_entry)
public func entry() -> UnsafePointer<martlet_plugin> { export(Keyword.self) }
