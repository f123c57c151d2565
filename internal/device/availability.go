package device

// Status is what an instance is doing (InstanceStatus).
type Status string

// The values of InstanceStatus.
const (
	InstanceAvailable    Status = "AVAILABLE"
	InstanceInUse        Status = "IN_USE"
	InstancePreparing    Status = "PREPARING"
	InstanceNotAvailable Status = "NOT_AVAILABLE"
)

// Availability is how soon a device can be had (DeviceAvailability).
type Availability string

// The values of DeviceAvailability.
const (
	TemporarilyNotAvailable Availability = "TEMPORARY_NOT_AVAILABLE"
	Busy                    Availability = "BUSY"
	Available               Availability = "AVAILABLE"
	HighlyAvailable         Availability = "HIGHLY_AVAILABLE"
)

// AvailabilityOf returns how soon a device can be had whose instances have the
// statuses: highly available if more than one of them is free, busy if none is free
// and one will be after a session or its preparation.
func AvailabilityOf(statuses []Status) Availability {
	count := map[Status]int{}
	for _, s := range statuses {
		count[s]++
	}
	switch {
	case count[InstanceAvailable] > 1:
		return HighlyAvailable
	case count[InstanceAvailable] == 1:
		return Available
	case count[InstanceInUse]+count[InstancePreparing] > 0:
		return Busy
	}
	return TemporarilyNotAvailable
}
