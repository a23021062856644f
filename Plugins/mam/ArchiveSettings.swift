import MartletPluginKit

/// What administrators may choose.
struct ArchiveSettings: PluginSettings, Equatable {
    /// Whose messages are archived for users who did not say (XEP-0441 §2.1.1).
    var `default` = Preferences.Default.always
    /// For how long messages are kept; 0: for ever.
    var keepDays = 0
    /// How many messages of an account are kept; 0: all.
    var keepMessages = 100_000
    /// How often what is over that is looked for and removed.
    var retentionMinutes = 60
    /// How many messages a page has at most.
    var pageMessages = 100
    /// How many bytes of messages; one message may be more.
    var pageBytes = 262_144
    /// How many queries of one account may be under way.
    var queriesPerAccount = 4
    /// How many addresses a user's preferences may name.
    var preferenceEntries = 1_000

    static let schema = """
        {"type": "object", "properties": {
        "default": {"enum": ["always", "never", "roster"], "default": "always",
        "description": "Whose messages are archived for users who did not say."},
        "keepDays": {"type": "integer", "minimum": 0, "maximum": 36500, "default": 0,
        "description": "For how many days messages are kept; 0: for ever."},
        "keepMessages": {"type": "integer", "minimum": 0, "default": 100000,
        "description": "How many messages of an account are kept; 0: all."},
        "retentionMinutes": {"type": "integer", "minimum": 1, "maximum": 10080, "default": 60,
        "description": "How often what is over that is removed."},
        "pageMessages": {"type": "integer", "minimum": 1, "maximum": 250, "default": 100,
        "description": "How many messages a query is answered with at most."},
        "pageBytes": {"type": "integer", "minimum": 1024, "maximum": 4194304, "default": 262144,
        "description": "How many bytes of messages a query is answered with at most."},
        "queriesPerAccount": {"type": "integer", "minimum": 1, "maximum": 100, "default": 4,
        "description": "How many queries of an account may be under way."},
        "preferenceEntries": {"type": "integer", "minimum": 0, "maximum": 10000, "default": 1000,
        "description": "How many addresses a user may name to archive always or never."}}}
        """
}
