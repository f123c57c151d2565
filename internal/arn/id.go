package arn

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"
)

// OrderedID returns a new id for a path: a UUID of version 7, which begins with the
// time, so that ids are in the order in which they were made, to the millisecond.
// The rest follows from a text that is unique.
func OrderedID(now time.Time, unique string) string {
	sum := sha256.Sum256([]byte(unique))
	id := sum[:16]
	var stamp [8]byte
	binary.BigEndian.PutUint64(stamp[:], uint64(now.UnixMilli()))
	copy(id, stamp[2:]) // the lower 48 bits
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	text := hex.EncodeToString(id)
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}
