public import CPlugin
import Glibc
import MartletPluginKit

/// A plugin whose handlers do nothing: what is left is the cost of calling them.
final class ContinueSwift: Plugin {
    static let about = PluginDescription(
        "continue-swift",
        version: "1.0",
        "Does nothing, in Swift."
    )

    static func register(in registration: borrowing Registration<ContinueSwift>) {
        let wanted = getenv("CONTINUE_SWIFT").flatMap { Int(String(cString: $0)) } ?? 0
        for priority in 0..<wanted {
            registration.on(.received, "presence", priority: priority) { _, _ in .continue }
        }
    }

    init(_ site: Site, _ settings: NoSettings) {}
}

@c(martlet_plugin_entry)
public func entry() -> UnsafePointer<martlet_plugin> { export(ContinueSwift.self) }
