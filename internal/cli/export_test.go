package cli

// Welcome prints what a person sees when a sandbox has started.
var Welcome = welcome

// PrintCSV prints the lines of a statement.
var PrintCSV = printCSV

// StopTime is how long a stopping server waits at most.
const StopTime = maxDrainDelay + drainTime
