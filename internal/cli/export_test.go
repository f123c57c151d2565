package cli

// Welcome prints what a person sees when a sandbox has started.
var Welcome = welcome
