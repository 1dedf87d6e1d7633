/// Where the program starts.
@main enum EntryPoint {
    static func main() {}
}
