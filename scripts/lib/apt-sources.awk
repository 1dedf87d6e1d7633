# Reads apt's source files, one-line and deb822, and prints a line `URI SUITE KEYRING` for each enabled
# binary source that offers the component main. KEYRING is `-` where the source names no keyring file.
# sources.list(5) describes both forms.

function emit(uris, suites, components, keyring,    u, s, i, j, nu, ns) {
    if ((" " components " ") !~ / main /) return
    nu = split(uris, u, /[ \t]+/)
    ns = split(suites, s, /[ \t]+/)
    for (i = 1; i <= nu; i++) for (j = 1; j <= ns; j++)
        if (u[i] != "" && s[j] != "") print u[i], s[j], (keyring ~ /^\// ? keyring : "-")
}

function trim(text) {
    gsub(/^[ \t]+|[ \t]+$/, "", text)
    return text
}

function end_stanza() {
    if ((" " field["types"] " ") ~ / deb / && tolower(field["enabled"]) !~ /^(no|false|0|off|without|disable)$/)
        emit(field["uris"], field["suites"], field["components"], field["signed-by"])
    split("", field)
    name = ""
}

FNR == 1 { end_stanza() }

# One-line form: deb [ option=value ... ] uri suite component...
FILENAME !~ /\.sources$/ {
    sub(/#.*/, "")
    if ($1 != "deb") next
    keyring = "-"
    line = trim(substr($0, index($0, "deb") + 3))
    if (line ~ /^\[/) {
        options = substr(line, 2, index(line, "]") - 2)
        line = trim(substr(line, index(line, "]") + 1))
        if (match(options, /signed-by=[^ \t]+/)) keyring = substr(options, RSTART + 10, RLENGTH - 10)
    }
    parts = split(line, word, /[ \t]+/)
    rest = ""
    for (k = 3; k <= parts; k++) rest = rest " " word[k]
    emit(word[1], word[2], trim(rest), keyring)
    next
}

# deb822 form: stanzas of fields, a line that starts with a space continues the field above it.
/^#/ { next }
/^[ \t]*$/ { end_stanza(); next }
/^[ \t]/ { if (name != "") field[name] = field[name] " " trim($0); next }
{
    colon = index($0, ":")
    name = tolower(substr($0, 1, colon - 1))
    field[name] = trim(substr($0, colon + 1))
}
END { end_stanza() }
