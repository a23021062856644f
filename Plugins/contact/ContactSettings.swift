import MartletPluginKit

/// Addresses by what they are for (XEP-0157 §7.1).
struct ContactSettings: PluginSettings {
    typealias Field = (name: String, addresses: [String])

    var abuse: [String] = []
    var admin: [String] = []
    var feedback: [String] = []
    var sales: [String] = []
    var security: [String] = []
    var status: [String] = []
    var support: [String] = []

    /// In the order of their names.
    var fields: [Field] {
        [
            ("abuse", abuse), ("admin", admin), ("feedback", feedback), ("sales", sales),
            ("security", security), ("status", status), ("support", support),
        ]
    }

    static let schema = """
        {"type": "object", "properties": {
        "abuse": {"type": "array", "items": {"type": "string"},
        "description": "URIs to report abuse to."},
        "admin": {"type": "array", "items": {"type": "string"},
        "description": "URIs of the administrators, such as mailto:xmpp@example.org."},
        "feedback": {"type": "array", "items": {"type": "string"},
        "description": "URIs for opinions."},
        "sales": {"type": "array", "items": {"type": "string"},
        "description": "URIs of those who sell."},
        "security": {"type": "array", "items": {"type": "string"},
        "description": "URIs for reports of weaknesses."},
        "status": {"type": "array", "items": {"type": "string"},
        "description": "URIs that tell whether the service works."},
        "support": {"type": "array", "items": {"type": "string"},
        "description": "URIs of those who help."}}}
        """
}
