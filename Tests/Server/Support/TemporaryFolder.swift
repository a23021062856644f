import Foundation

/// Does something in a folder of its own, which is gone afterwards.
func inFolder<R>(_ work: (String) async throws -> R) async throws -> R {
    let name = "martlet-\(UUID().uuidString.prefix(8))"
    let folder = FileManager.default.temporaryDirectory.appending(path: name).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await work(folder)
}

/// The permissions of a file: `0o600` for one that is its owner's alone.
func permissions(of path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
}
