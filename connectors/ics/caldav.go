package ics

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/outward"
)

// report asks for the events that overlap a period (RFC 4791, 7.8). The server decides
// by its own reading of zones, so the period is asked for with a day more at both ends.
const report = `<?xml version="1.0" encoding="utf-8"?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
<D:prop><C:calendar-data/></D:prop>
<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="%s" end="%s"/></C:comp-filter></C:comp-filter></C:filter>
</C:calendar-query>`

func basic(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}

// query makes req one for the events of a collection.
func query(req *outward.Request, from, to time.Time) {
	const form = "20060102T150405Z"
	req.Method = "REPORT"
	req.Types = []string{"text/xml", "application/xml"}
	req.Header.Set("Depth", "1")
	req.Header.Set("Content-Type", "application/xml; charset=utf-8")
	req.Body = fmt.Appendf(nil, report, day(from).AddDate(0, 0, -1).Format(form), day(to).AddDate(0, 0, 2).Format(form))
}

// multistatus is what answers a report.
type multistatus struct {
	XMLName   xml.Name `xml:"DAV: multistatus"`
	Responses []struct {
		Status   string `xml:"DAV: status"`
		Propstat []struct {
			Status string `xml:"DAV: status"`
			Prop   struct {
				Data string `xml:"urn:ietf:params:xml:ns:caldav calendar-data"`
			} `xml:"DAV: prop"`
		} `xml:"DAV: propstat"`
	} `xml:"DAV: response"`
}

// calendars are the documents in the answer to a report.
func calendars(status int, body []byte) ([][]byte, error) {
	if status != http.StatusMultiStatus {
		return nil, failure(connectors.CodeBadData, sayNoCalendar, fmt.Errorf("status %d instead of 207", status))
	}
	// The bytes are UTF-8 by now, whatever the declaration says.
	if _, rest, ok := strings.Cut(string(body), "?>"); ok && strings.HasPrefix(string(body), "<?xml") {
		body = []byte(rest)
	}
	var answer multistatus
	if err := xml.Unmarshal(body, &answer); err != nil {
		return nil, failure(connectors.CodeBadData, sayNoCalendar, err)
	}
	var out [][]byte
	for _, r := range answer.Responses {
		// 507 is how a server says that there would have been more.
		if strings.Contains(r.Status, " 507") {
			return nil, failure(connectors.CodeTooLarge, sayCut, errors.New(r.Status))
		}
		for _, p := range r.Propstat {
			if strings.Contains(p.Status, " 200") && strings.TrimSpace(p.Prop.Data) != "" {
				out = append(out, []byte(p.Prop.Data))
			}
		}
	}
	return out, nil
}
