import MartletPluginKit

/// What administrators may choose (XEP-0352 §3.2).
struct ClientStateSettings: PluginSettings {
    /// Whether presence waits.
    var holdPresence = true
    /// Whether messages that hold chat states alone are dropped.
    var dropChatStates = true
    /// Whether notifications of nodes (XEP-0060) wait.
    var holdEvents = true
    /// How many stanzas wait for one client at most; with one more, all are sent.
    var heldStanzas = 200
    /// How many bytes.
    var heldBytes = 262_144

    static let schema = """
        {"type": "object", "properties": {
        "holdPresence": {"type": "boolean", "default": true,
        "description": "Keep presence from inactive clients until something else is sent to them."},
        "dropChatStates": {"type": "boolean", "default": true,
        "description": "Do not tell inactive clients that somebody types."},
        "holdEvents": {"type": "boolean", "default": true,
        "description": "Keep notifications of nodes (XEP-0060) from inactive clients as presence."},
        "heldStanzas": {"type": "integer", "minimum": 1, "maximum": 500, "default": 200,
        "description": "How many stanzas are kept from one client at most."},
        "heldBytes": {"type": "integer", "minimum": 1024, "maximum": 1048576, "default": 262144,
        "description": "How many bytes they have at most."}}}
        """
}
