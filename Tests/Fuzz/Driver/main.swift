// relance-fuzz --target=NAME [libFuzzer's options] [folders of a corpus]: one target under libFuzzer; alone it lists them.

import CLibFuzzer
import FuzzTargets
import Glibc

guard CommandLine.argc > 1 else {
    for target in FuzzTarget.all { print(target.name) }
    exit(EX_OK)
}
guard let name = Chosen.target?.name else {
    print("No target has that name.")
    exit(EX_USAGE)
}

print("Target \(name)")
// libFuzzer passes over what begins with two hyphens, and hands it on where it starts itself again.
var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        Chosen.read(Array(UnsafeBufferPointer(start: data, count: size)))
        return 0
    })
