package operatorapi

import "time"

// GetCatalog shows what is for sale, or was by an older version.
var GetCatalog = Call[CatalogQuery, None, Document]{Route{Method: "GET", Path: "/catalog", Action: "GetCatalog"}}

// PutCatalog puts another catalogue in force and answers with it.
var PutCatalog = Call[PutCatalogQuery, Document, Document]{Route{Method: "PUT", Path: "/catalog", Action: "PutCatalog"}}

// ListCatalogVersions shows when each version of the catalogue was put in
// force, and by whom.
var ListCatalogVersions = Call[None, None, Versions]{Route{Method: "GET", Path: "/catalog/versions", Action: "ListCatalogVersions"}}

// CatalogQuery says which catalogue is shown.
type CatalogQuery struct {
	Version *int64 `query:"version"` // the one in force where it is missing; 0 is the one before the first
}

// PutCatalogQuery says which catalogue may be replaced.
type PutCatalogQuery struct {
	Replaces *int64 `query:"replaces"` // a version; whichever is in force where it is missing
}

// Version is a catalogue, or a fleet, that was put in force.
type Version struct {
	Version int       `json:"version"` // 1, 2, 3, …
	At      time.Time `json:"at"`
	Key     string    `json:"key"` // who did it
}

// Versions are the versions of the catalogue, or of the fleet.
type Versions struct {
	Versions []Version `json:"versions"` // oldest first
}
