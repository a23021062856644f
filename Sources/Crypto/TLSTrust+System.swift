internal import COpenSSL
import Glibc

extension TLSTrust {
    /// Whether there is anyone whom the system trusts: a file of authorities, or a folder with one file
    /// for each, where OpenSSL looks for them.
    ///
    /// Without any, `system` believes nobody.
    public static var systemHasAuthorities: Bool {
        let file = place(X509_get_default_cert_file_env(), X509_get_default_cert_file())
        let folders = place(X509_get_default_cert_dir_env(), X509_get_default_cert_dir())
        return hasAuthorities(file: file, folders: folders)
    }

    /// The same of a file and of folders with colons between them.
    static func hasAuthorities(file: String, folders: String) -> Bool {
        size(of: file) > 0 || folders.split(separator: ":").contains { hasAuthorities(String($0)) }
    }

    /// What the environment says, or what OpenSSL was built with.
    private static func place(_ variable: UnsafePointer<CChar>?, _ usual: UnsafePointer<CChar>?)
        -> String
    {
        let told = variable.flatMap { getenv($0) }.map { String(cString: $0) }
        return told ?? usual.map { String(cString: $0) } ?? ""
    }

    private static func size(of file: String) -> Int {
        var status = stat()
        return stat(file, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Whether a folder has a file named by the hash of an authority's name, as `1b2c3d4e.0`.
    private static func hasAuthorities(_ folder: String) -> Bool {
        guard let stream = opendir(folder) else { return false }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                Array(bytes.prefix { $0 != 0 })
            }
            if name.count == 10, name.suffix(2) == [0x2e, 0x30] { return true }
        }
        return false
    }
}
