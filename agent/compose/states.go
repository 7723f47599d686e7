package compose

import (
	"strings"
)

// stateNames are the names of what the United States abbreviate.
var stateNames = map[string]string{
	"AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia",
	"FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana",
	"ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska",
	"NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
	"OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
	"VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}

// koreanStates are those of them that Koreans speak of most.
var koreanStates = map[string]string{"CA": "캘리포니아", "NY": "뉴욕", "TX": "텍사스", "FL": "플로리다", "WA": "워싱턴", "IL": "일리노이", "NJ": "뉴저지", "MA": "매사추세츠", "GA": "조지아", "HI": "하와이"}

// addStates lets a state be called by its name where the data have its letters.
func (l *Lexicon) addStates(ref string, list []ValueCount) {
	_, f := l.model.Field(ref)
	if f == nil || !strings.Contains(strings.ToLower(f.Label.En+" "+f.Name), "state") {
		return
	}
	for _, v := range list {
		if stateNames[v.Text] == "" {
			continue
		}
		n := l.addSense(sense{kind: isValue, ref: ref, values: []string{v.Text}, count: v.Count})
		l.add(stateNames[v.Text], n, asAlias)
		if ko := koreanStates[v.Text]; ko != "" {
			l.add(ko, n, asAlias)
		}
	}
}
