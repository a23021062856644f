import Foundation

/// The folders that the server makes for what it keeps.
enum Folder {
    /// Makes a folder and those above it, if they are missing.
    ///
    /// - Throws: `AdminFault` naming the folder that cannot be had.
    static func make(_ path: String) throws(AdminFault) {
        let manager = FileManager.default
        do {
            try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw AdminFault("the folder \(path) cannot be made: \(error.systemReason)")
        }
    }

    /// Makes the folder that a file is to be in.
    static func make(for file: String) throws(AdminFault) {
        try make(URL(fileURLWithPath: file).deletingLastPathComponent().path)
    }
}

extension Error {
    /// The operating system's words for what went wrong with a file: `No such file or directory`.
    public var systemReason: String {
        let error = self as NSError
        let underlying = error.userInfo[NSUnderlyingErrorKey] as? any Error
        let cause = underlying.map { $0 as NSError } ?? error
        guard cause.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
        return String(cString: strerror(Int32(cause.code)))
    }
}
