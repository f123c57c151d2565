package operatorapi

import "time"

// GetCatalog shows the catalogue in force, or an older version.
var GetCatalog = Call[CatalogQuery, None, Document]{Route{Method: "GET", Path: "/catalog", Action: "GetCatalog"}}

// PutCatalog puts another catalogue in force and returns it.
var PutCatalog = Call[PutCatalogQuery, Document, Document]{Route{Method: "PUT", Path: "/catalog", Action: "PutCatalog"}}

// ListCatalogVersions shows when, and by whom, each version of the catalogue
// was put in force.
var ListCatalogVersions = Call[None, None, Versions]{Route{Method: "GET", Path: "/catalog/versions", Action: "ListCatalogVersions"}}

// CatalogQuery says which catalogue is shown.
type CatalogQuery struct {
	Version *int64 `query:"version"` // if missing, the one in force; 0 is the one before the first
}

// PutCatalogQuery says which catalogue may be replaced.
type PutCatalogQuery struct {
	Replaces *int64 `query:"replaces"` // a version; if missing, any
}

// Version is a catalogue, or a fleet, that was put in force.
type Version struct {
	Version int       `json:"version"` // 1, 2, 3, …
	At      time.Time `json:"at"`
	Key     string    `json:"key"` // the key that put it in force
}

// Versions are the versions of the catalogue, or of the fleet.
type Versions struct {
	Versions []Version `json:"versions"` // oldest first
}
