import CLinux

/// The machine's processors.
public enum Processors {
    /// How many this process may use, as its affinity mask (or container) allows; at least one.
    public static var count: Int { max(1, Int(martlet_processor_count())) }
}
