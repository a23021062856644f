/// What a test asked of a scene that it cannot do.
public enum SceneError: Error, Sendable {
    /// Its clock cannot be moved: give it a `ManualClock`.
    case clockRunsByItself
}
