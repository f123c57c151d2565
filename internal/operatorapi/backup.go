package operatorapi

// Backup returns a copy of everything that is stored.
var Backup = Call[None, None, Stream]{Route{Method: "GET", Path: "/backup", Action: "Backup"}}

// SumHeader is the header with the SHA-256 of a backup, in hexadecimal.
const SumHeader = "Slotfarm-Sha256"
