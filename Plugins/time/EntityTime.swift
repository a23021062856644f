public import CPlugin
import Glibc
import MartletPluginKit

/// XEP-0202: Entity Time 2.0.
///
/// Met: §2 and §4, with both elements as XEP-0082 writes them.
final class EntityTime: Plugin {
    static let about = PluginDescription(
        "time",
        version: "1.0",
        "Tells what time it is at the server (XEP-0202)."
    )

    private static let namespace = "urn:xmpp:time"

    static func register(in registration: borrowing Registration<EntityTime>) {
        registration.feature(namespace)
        registration.onIQ(.get, "time", in: namespace, to: .domain) { _, event in
            let seconds = event.site.now.microseconds / 1_000_000
            return XML("time", in: namespace) { time in
                time.element("tzo") { $0.text(Clock(local: seconds).offset) }
                time.element("utc") { $0.text(Clock(utc: seconds).dateTime) }
            }
        }
    }

    init(_ site: Site, _ settings: NoSettings) {}
}

/// A moment by the calendar.
struct Clock {
    private var fields = tm()

    /// Seconds since 1970.
    init(utc seconds: Int64) {
        var seconds = time_t(seconds)
        gmtime_r(&seconds, &fields)
    }

    /// The same by the machine's zone.
    init(local seconds: Int64) {
        var seconds = time_t(seconds)
        localtime_r(&seconds, &fields)
    }

    /// As XEP-0082 §3.2.
    var dateTime: String {
        "\(fields.tm_year + 1900)-\(two(fields.tm_mon + 1))-\(two(fields.tm_mday))"
            + "T\(two(fields.tm_hour)):\(two(fields.tm_min)):\(two(fields.tm_sec))Z"
    }

    /// From UTC, as XEP-0082 §2; east is positive.
    var offset: String {
        let minutes = Int32(fields.tm_gmtoff / 60)
        return "\(minutes < 0 ? "-" : "+")\(two(abs(minutes) / 60)):\(two(abs(minutes) % 60))"
    }

    private func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

@c(martlet_plugin_entry)
public func entry() -> UnsafePointer<martlet_plugin> { export(EntityTime.self) }
