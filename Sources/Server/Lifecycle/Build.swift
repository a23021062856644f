public import MartletCrypto
import MartletStorageSQLite

/// Which Martlet this is.
public enum Build {
    public static let version = "0.1.0"

    /// The libraries that do the heavy work, as they are on this machine.
    public static var libraries: [(name: String, version: String)] {
        [("OpenSSL", TLSContext.libraryVersion), ("SQLite", SQLiteStore.libraryVersion)]
    }
}
