import MartletPluginKit

/// How much an account may keep.
struct PrivateSettings: PluginSettings {
    var elementBytes = 65_536
    var elements = 128

    static let schema = """
        {"type": "object", "properties": {
        "elementBytes": {"type": "integer", "minimum": 1, "maximum": 1048576, "default": 65536,
        "description": "How many bytes a stored element may have."},
        "elements": {"type": "integer", "minimum": 1, "maximum": 10000, "default": 128,
        "description": "How many elements an account may store."}}}
        """
}
