import Glibc

/// Lends pairs of texts to C as two arrays that end with a null.
func withArrays<R>(
    _ pairs: [(String, String)],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> R
) -> R {
    let keywords = pairs.map { UnsafePointer<CChar>(strdup($0.0)) } + [nil]
    let values = pairs.map { UnsafePointer<CChar>(strdup($0.1)) } + [nil]
    defer { (keywords + values).forEach { free(UnsafeMutablePointer(mutating: $0)) } }
    return keywords.withUnsafeBufferPointer { keywords in
        values.withUnsafeBufferPointer { values in
            guard let first = keywords.baseAddress, let second = values.baseAddress else {
                preconditionFailure("an array with a null in it has an address")
            }
            return body(first, second)
        }
    }
}
