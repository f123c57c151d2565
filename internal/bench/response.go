package bench

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// maxAnswer bounds the body of an answer, in bytes. The largest expected
// answer, a hundred transactions, has about forty thousand.
const maxAnswer = 16 << 20

// errAnswer is the error for bytes that are not an HTTP/1.1 answer on a
// persistent connection.
var errAnswer = errors.New("the answer is not HTTP/1.1")

// reader reads answers from a connection. Unlike net/http it does not allocate
// their headers.
type reader struct {
	in   *bufio.Reader
	body []byte
}

// answer is the answer to a request. Its body is valid until the next answer.
type answer struct {
	status int
	body   []byte
}

// read reads the next answer.
func (r *reader) read() (answer, error) {
	line, err := r.line()
	if err != nil {
		return answer{}, err
	}
	if len(line) < len("HTTP/1.1 200") || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return answer{}, fmt.Errorf("%w: it starts with %.40q", errAnswer, line)
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return answer{}, fmt.Errorf("%w: its status is %.40q", errAnswer, line)
	}
	length, err := r.headers()
	if err != nil {
		return answer{}, err
	}
	r.body = r.body[:0]
	switch {
	case length == chunked:
		err = r.chunks()
	case length >= 0:
		err = r.take(length)
	case status != 204:
		err = fmt.Errorf("%w: it has no length", errAnswer)
	}
	return answer{status, r.body}, err
}

// Values that headers returns instead of a length.
const (
	unknown = -1
	chunked = -2
)

// headers reads the headers and returns the length of the body, or unknown or
// chunked.
func (r *reader) headers() (int, error) {
	length := unknown
	for {
		line, err := r.line()
		if err != nil || len(line) == 0 {
			return length, err
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case len(name) == len("Content-Length") && bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil || length < 0 {
				return 0, fmt.Errorf("%w: its length is %.40q", errAnswer, value)
			}
		case len(name) == len("Transfer-Encoding") && bytes.EqualFold(name, []byte("Transfer-Encoding")):
			if !bytes.EqualFold(value, []byte("chunked")) {
				return 0, fmt.Errorf("%w: its encoding is %.40q", errAnswer, value)
			}
			length = chunked
		}
	}
}

// chunks reads a chunked body and its trailer.
func (r *reader) chunks() error {
	for {
		line, err := r.line()
		if err != nil {
			return err
		}
		size, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 31)
		if err != nil {
			return fmt.Errorf("%w: a chunk's size is %.40q", errAnswer, size)
		}
		if n == 0 {
			_, err := r.headers()
			return err
		}
		if err := r.take(int(n)); err != nil {
			return err
		}
		if line, err := r.line(); err != nil || len(line) > 0 {
			return errors.Join(err, errAnswer)
		}
	}
}

// take appends the next n bytes to the body.
func (r *reader) take(n int) error {
	have := len(r.body)
	if n > maxAnswer-have {
		return fmt.Errorf("%w of at most %d bytes", errAnswer, maxAnswer)
	}
	r.body = slices.Grow(r.body, n)[:have+n]
	_, err := io.ReadFull(r.in, r.body[have:])
	return err
}

// line returns the next line without its end.
func (r *reader) line() ([]byte, error) {
	line, err := r.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, fmt.Errorf("%w: a line is too long", errAnswer)
	}
	if err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), nil
}
