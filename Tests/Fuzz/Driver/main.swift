// relance-fuzz TARGET [libFuzzer's options] [folders of a corpus]: one target under libFuzzer; alone it lists them.

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

// libFuzzer is to see the program's name and the options behind the target's.
var count = CommandLine.argc - 1
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
CommandLine.unsafeArgv[1] = CommandLine.unsafeArgv[0]
print("Target \(name)")
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { data, size in
        Chosen.read(Array(UnsafeBufferPointer(start: data, count: size)))
        return 0
    })
