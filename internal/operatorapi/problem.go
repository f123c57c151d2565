package operatorapi

// Problem is the body of every answer that is not a success.
type Problem struct {
	Error ProblemError `json:"error"`
}

// ProblemError says what went wrong.
type ProblemError struct {
	Code    string `json:"code"` // such as NotFound
	Message string `json:"message"`
}
