// What a shell offers for the values of options, in the scripts that `--generate-completion-script` prints: files, directories, and
// choices where they are not an enumeration, whose cases swift-argument-parser knows.
import ArgumentParser
import TLS

extension CompletionKind {
    /// The kinds of keys that the device's commands make.
    static var keyTypes: CompletionKind { .list(["p256", "p384", "rsa2048", "rsa3072"]) }

    /// The policies.
    static var policies: CompletionKind {
        .list(Policy.names.description.split { !$0.isLetter && !$0.isNumber && $0 != "-" }.map(String.init))
    }
}
