import MartletPluginKit

struct VCardSettings: PluginSettings {
    var bytes = 131_072
    var announcePhotos = true

    static let schema = """
        {"type": "object", "properties": {
        "bytes": {"type": "integer", "minimum": 256, "maximum": 1048576, "default": 131072,
        "description": "How many bytes a vCard may have, its photo among them."},
        "announcePhotos": {"type": "boolean", "default": true,
        "description": "Put the hash of a user's photo into presence that says nothing of one."}}}
        """
}
