package dataset

import (
	"fmt"
	"strings"
)

// Info describes a data set.
type Info struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Shape   []int  `json:"shape"`
	Modes   string `json:"modes"`
	Source  string `json:"source"`
	Licence string `json:"licence"`
	Get     string `json:"get"` // how to get it
}

const openGovernment = "Open Government Licence v3.0"

// List describes the data sets that lacuna knows.
func List() []Info {
	return []Info{
		{
			Name: "synthetic", Title: "the paper's synthetic tensor of CP rank 5, factor entries N(0,1)",
			Shape: []int{10, 10, 10, 10}, Modes: "mode1 × mode2 × mode3 × mode4",
			Source: "drawn from a seed; Hariz et al., ICML 2022", Licence: "none needed", Get: "lacuna data synthetic",
		},
		{
			Name: "stations", Title: "a generated table of monthly weather, no real measurements",
			Shape: []int{60, 12, variables}, Modes: "month × station × variable",
			Source: "drawn from a seed", Licence: "none needed", Get: "lacuna data synthetic --stations",
		},
		{
			Name:  "meteo-uk",
			Title: "the paper's Meteo-UK tensor: monthly weather of 16 stations, January 1960 to February 1964",
			Shape: []int{meteoUKMonths, 16, variables}, Modes: "month × station × variable",
			Source:  "UK Met Office, historic station data, " + MetOfficeURL,
			Licence: openGovernment, Get: "lacuna data fetch meteo-uk",
		},
		{
			Name:  "ccds",
			Title: "the paper's CCDS tensor: climate of North America, January 1990 to February 1994, preprocessed",
			Shape: []int{50, 15, 25}, Modes: "time × variable × location",
			Source:  "Comprehensive Climate Data Set of North America (Lozano et al. 2009)",
			Licence: "none stated: it must not be passed on",
			Get:     "from a file of your own, a long CSV with a column called value",
		},
	}
}

// Find returns the description of a data set.
func Find(name string) (Info, error) {
	var names []string
	for _, info := range List() {
		if info.Name == name {
			return info, nil
		}
		names = append(names, info.Name)
	}
	return Info{}, fmt.Errorf("there is no data set %q: choose one of %s", name, strings.Join(names, ", "))
}
