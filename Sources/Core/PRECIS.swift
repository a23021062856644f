/// Why a text has no prepared form; says nothing of the text, which may be a password.
public enum PRECISError: Error, Hashable, Sendable {
    case empty
    /// A code point that the profile's class, or its neighbours, do not allow.
    case disallowed
    /// Letters from right to left stand among others against RFC 5893 §2.
    case bidi
    /// Preparing it again and again gives another text each time (RFC 8264 §7).
    case unstable
}

/// Preparation, so that texts that mean the same become the same bytes (RFC 8264).
///
/// The data is that of Unicode 15.0, whatever the system has; what is not assigned there is refused.
public enum PRECIS {
    /// Prepares the name of a user (RFC 8265 §3.3).
    public static func usernameCaseMapped(_ text: String) throws(PRECISError) -> String {
        String(try Profile.usernameCaseMapped.enforce(Scalars(text.unicodeScalars)))
    }

    /// Prepares the name of a user where capitals matter (RFC 8265 §3.4).
    public static func usernameCasePreserved(_ text: String) throws(PRECISError) -> String {
        String(try Profile.usernameCasePreserved.enforce(Scalars(text.unicodeScalars)))
    }

    /// Prepares a password or a resource (RFC 8265 §4.2).
    public static func opaqueString(_ text: String) throws(PRECISError) -> String {
        String(try Profile.opaqueString.enforce(Scalars(text.unicodeScalars)))
    }

    /// Prepares a nickname as it is shown (RFC 8266 §2.3).
    public static func nickname(_ text: String) throws(PRECISError) -> String {
        String(try Profile.nickname.enforce(Scalars(text.unicodeScalars)))
    }

    /// Gives what two nicknames have in common when they count as the same (RFC 8266 §2.4).
    public static func nicknameKey(_ text: String) throws(PRECISError) -> String {
        String(try Profile.nicknameKey.enforce(Scalars(text.unicodeScalars)))
    }
}
