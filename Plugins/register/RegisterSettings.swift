import MartletPluginKit

/// What administrators may choose.
struct RegisterSettings: PluginSettings {
    var registrationsPerHour = 3
    var minimumPasswordLength = 8
    var requiresTLS = true
    var allowsRemoval = true
    var allowsPasswordChange = true
    var redirect = ""

    static let schema = """
        {"type": "object", "properties": {
        "registrationsPerHour": {"type": "integer", "minimum": 1, "maximum": 100000, "default": 3,
        "description": "How often one address may try to make an account; of IPv6, one /64."},
        "minimumPasswordLength": {"type": "integer", "minimum": 1, "maximum": 1024, "default": 8,
        "description": "How many characters a password has at least."},
        "requiresTLS": {"type": "boolean", "default": true,
        "description": "Whether accounts are made over encrypted streams alone."},
        "allowsRemoval": {"type": "boolean", "default": true,
        "description": "Whether users may remove their accounts."},
        "allowsPasswordChange": {"type": "boolean", "default": true,
        "description": "Whether users may change their passwords."},
        "redirect": {"type": "string", "default": "",
        "description": "A web page where accounts are made instead; empty: they are made here."}}}
        """
}
