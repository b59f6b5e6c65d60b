package coordinate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// reads are columns of labels, in ascending order, and what they are.
var reads = []struct {
	labels  string // separated by semicolons
	hints   Hints
	kind    Kind
	unit    string
	at      []float64 // of the first labels; nil: not checked
	step    float64
	missing string // labels, separated by semicolons
	cyclic  bool
}{
	{labels: "1;2;4;5", kind: Number, at: []float64{1, 2, 4, 5}, step: 1, missing: "3"},
	{labels: "01;02;04;12", kind: Number, at: []float64{1, 2, 4, 12}, step: 1, missing: "03;05;06;07;08;09;10;11"},
	{
		labels: "1672531200;1672534800;1672542000", hints: Hints{Name: "ts"}, kind: Number, unit: "second",
		at: []float64{1672531200, 1672534800}, step: 3600, missing: "1672538400",
	},
	{
		labels: "1672531200000;1672531200500;1672531201500", hints: Hints{Name: "Timestamp (ms)"}, kind: Number, unit: "millisecond",
		at: []float64{1672531200000, 1672531200500}, step: 500, missing: "1672531201000",
	},
	{labels: "1672531200;1672534800", hints: Hints{Name: "sensor"}, kind: Number, step: 3600},
	{labels: "72534800;1672531200;1672534800", hints: Hints{Name: "time"}, kind: Number, step: 3600},
	{labels: "Day 1;Day 2;Day 4", kind: Number, unit: "day", at: []float64{1, 2, 4}, step: 1, missing: "Day 3"},
	{labels: "d_09;d_10;d_12", kind: Number, unit: "day", at: []float64{9, 10, 12}, step: 1, missing: "d_11"},
	{labels: "T0;T1;T3", kind: Number, at: []float64{0, 1, 3}, step: 1, missing: "T2"},
	{labels: "FY2000;FY2001;FY2003", kind: Year, unit: "year", at: []float64{2000}, step: 1, missing: "FY2002"},
	{labels: "Monat 1;Monat 2;Monat 3", hints: Hints{Name: "month"}, kind: Number, unit: "month", step: 1},
	{labels: "1672531200000;1672531200040;1672531200120", hints: Hints{Name: "ts"}, kind: Number, unit: "millisecond", step: 40, missing: "1672531200080"},
	{labels: "1672531200;1672534800", hints: Hints{Name: "candidate"}, kind: Number, step: 3600},
	{labels: "1990;1991;1993", hints: Hints{Name: "date"}, kind: Year, unit: "year", step: 1, missing: "1992"},
	{labels: "Day -7;Day -1;Day 1;Day 3", kind: Number, unit: "day", at: []float64{-7, -1, 1, 3}, step: 2},
	{labels: "FY98;FY99;FY00"},
	{labels: "Day 1;Day 2;Week 4"},
	{labels: "Site 1;Site 2;Site 3"},
	{labels: "2019H1;2019H2;2020H2", kind: HalfYear, unit: "half-year", at: []float64{4038, 4039}, step: 1, missing: "2020H1"},
	{labels: "2019-S1;2019-S2;2020-S1", kind: HalfYear, unit: "half-year", step: 1},
	{labels: "H1 2019;H2 2019;H1 2020", kind: HalfYear, unit: "half-year", step: 1},
	{labels: "1H2019;2H2019;2H2020", kind: HalfYear, unit: "half-year", step: 1, missing: "1H2020"},
	{labels: "2019H1;2019H2;2019H3"},
	{labels: "2020-059;2020-060;2020-062", kind: Date, unit: "day", at: []float64{18320}, step: 1, missing: "2020-061"},
	{labels: "2021-365;2021-366"},
	{labels: "2019年12月;2020年1月;2020年3月", kind: Month, unit: "month", at: []float64{24239}, step: 1, missing: "2020年2月"},
	{labels: "2020年2月28日;2020年2月29日;2020年3月2日", kind: Date, unit: "day", step: 1, missing: "2020年3月1日"},
	{labels: "2020년 2월;2020년 3월", kind: Month, unit: "month", step: 1},
	{labels: "-2;-1;0;1", kind: Number, at: []float64{-2, -1, 0, 1}, step: 1},
	{labels: "0.1;0.2;0.3;0.5", kind: Number, at: []float64{0.1, 0.2}, step: 0.1, missing: "0.4"},
	{labels: "250.5;251.0;252", kind: Number, at: []float64{250.5, 251, 252}, step: 0.5, missing: "251.5"},
	{labels: "250,5;251,0;252,0", kind: Number, at: []float64{250.5, 251, 252}, step: 0.5, missing: "251,5"},
	{
		labels: "250 nm;260 nm;280 nm", kind: Number, unit: "nm", at: []float64{250, 260, 280}, step: 10,
		missing: "270 nm",
	},
	{labels: "1e3;2e3;1e4", kind: Number, at: []float64{1000, 2000, 1e4}, step: 1000},
	{labels: "1;2;3;12", hints: Hints{Name: "Month"}, kind: Number, unit: "month", step: 1, cyclic: true},
	{labels: "0;6;12;18", hints: Hints{Name: "hour_of_day"}, kind: Number, unit: "hour", step: 6, cyclic: true},
	{labels: "1;2;30", hints: Hints{Name: "months"}, kind: Number, unit: "month", step: 1},
	{labels: "1999;2000;2002", kind: Year, unit: "year", at: []float64{1999, 2000, 2002}, step: 1, missing: "2001"},
	{labels: "812;1066", hints: Hints{Name: "year"}, kind: Year, unit: "year", at: []float64{812, 1066}, step: 254},
	{labels: "1998/99;1999/00;2001/02", kind: Year, unit: "year", at: []float64{1998, 1999, 2001}, step: 1, missing: "2000/01"},
	{labels: "2000-01;2001-02;2003-04", kind: Year, unit: "year", step: 1, missing: "2002-03"},
	{labels: "1999/2000;2000/2001;2003/2004", kind: Year, unit: "year", step: 1, missing: "2001/2002;2002/2003"},
	{labels: "2000-01;2001-02;2001-03", kind: Month, unit: "month", step: 1},
	{labels: "1999 [YR1999];2001 [YR2001]", kind: Year, unit: "year", at: []float64{1999, 2001}, step: 2},
	{labels: "1999 [YR1999];2001 [YR2000]", kind: None},
	{
		labels: "1999-12;2000-01;2000-03", kind: Month, unit: "month", at: []float64{23999, 24000}, step: 1,
		missing: "2000-02",
	},
	{labels: "1999/12;2000/01;2000/02", kind: Month, unit: "month", step: 1},
	{labels: "12/1999;1/2000;3/2000", kind: Month, unit: "month", step: 1, missing: "2/2000"},
	{labels: "199912;200001;200003", kind: Month, unit: "month", step: 1, missing: "200002"},
	{labels: "2019.9;2019.10;2019.12", kind: Month, unit: "month", step: 1, missing: "2019.11"},
	{labels: "Nov 1999;Dec 1999;Feb 2000", kind: Month, unit: "month", step: 1, missing: "Jan 2000"},
	{
		labels: "1999 NOVEMBER;1999 DECEMBER;2000 FEBRUARY", kind: Month, unit: "month", step: 1,
		missing: "2000 JANUARY",
	},
	{labels: "November 1999;Dezember 1999;Februar 2000", kind: Month, unit: "month", step: 1, missing: "Januar 2000"},
	{labels: "NOV 1999;DEZ 1999;FEB 2000", kind: Month, unit: "month", step: 1, missing: "JAN 2000"},
	{labels: "Feb 2020;Mrz 2020;Mai 2020", kind: Month, unit: "month", step: 1, missing: "Apr 2020"},
	{labels: "1. Februar 2020;29. Februar 2020", kind: Date, unit: "day", step: 28},
	{labels: "novembre 1999;décembre 1999;février 2000", kind: Month, unit: "month", step: 1, missing: "janvier 2000"},
	{labels: "nov. 1999;déc. 1999;févr. 2000", kind: Month, unit: "month", step: 1, missing: "janv. 2000"},
	{labels: "nov.-99;déc.-99;févr.-00", kind: None},
	{labels: "nov-99;déc-99;févr-00", kind: Month, unit: "month", step: 1, missing: "janv-00"},
	{labels: "abril;mayo;julio", kind: MonthName, unit: "month", step: 1, cyclic: true, missing: "junio"},
	{labels: "Mai;August;März;Juillet", kind: None},
	{labels: "1999M11;1999M12;2000M02", kind: Month, unit: "month", step: 1, missing: "2000M01"},
	{labels: "1999m9;1999m10;1999m12", kind: Month, unit: "month", step: 1, missing: "1999m11"},
	{labels: "2020w8;2020w9;2020w11", kind: Week, unit: "week", step: 1, missing: "2020w10"},
	{labels: "Nov-99;Dec-99;Feb-00", kind: Month, unit: "month", step: 1, missing: "Jan-00"},
	{
		labels: "1969-12-31;1970-01-01;1970-01-03", kind: Date, unit: "day", at: []float64{-1, 0, 2}, step: 1,
		missing: "1970-01-02",
	},
	{labels: "2020-2-9;2020-2-10;2020-2-12", kind: Date, unit: "day", step: 1, missing: "2020-2-11"},
	{labels: "2020/02/28;2020/02/29;2020/03/02", kind: Date, unit: "day", step: 1, missing: "2020/03/01"},
	{labels: "20200228;20200229;20200302", kind: Date, unit: "day", step: 1, missing: "20200301"},
	{labels: "28.02.2020;29.02.2020;02.03.2020", kind: Date, unit: "day", step: 1, missing: "01.03.2020"},
	{labels: "01.02.2020;02.02.2020;04.02.2020", kind: Date, unit: "day", step: 1, missing: "03.02.2020"},
	{labels: "28/02/2020;29/02/2020;02/03/2020", kind: Date, unit: "day", step: 1, missing: "01/03/2020"},
	{labels: "2/28/2020;2/29/2020;3/2/2020", kind: Date, unit: "day", step: 1, missing: "3/1/2020"},
	{labels: "01/02/2020;02/02/2020;04/02/2020", hints: Hints{Dates: DayFirst}, kind: Date, unit: "day", step: 1},
	{labels: "01/02/2020;01/03/2020;01/05/2020", hints: Hints{Dates: MonthFirst}, kind: Date, unit: "day", step: 1},
	{
		labels: "1/2/20;1/3/20;1/5/20", hints: Hints{Dates: MonthFirst}, kind: Date, unit: "day",
		missing: "1/4/20", step: 1,
	},
	{labels: "1/1/2020;2/2/2020", kind: Date, unit: "day", step: 32},
	{labels: "28-Feb-2020;29-Feb-2020;02-Mar-2020", kind: Date, unit: "day", step: 1, missing: "01-Mar-2020"},
	{labels: "Feb 28, 2020;Feb 29, 2020;Mar 2, 2020", kind: Date, unit: "day", step: 1, missing: "Mar 1, 2020"},
	{
		labels: "Fri, 28 Feb 2020;Sat, 29 Feb 2020;Mon, 02 Mar 2020", kind: Date, unit: "day", step: 1,
		missing: "Sun, 01 Mar 2020",
	},
	{labels: "2020-W53;2021-W01;2021-W03", kind: Week, unit: "week", step: 1, missing: "2021-W02"},
	{labels: "2020-W53-7;2021-W01-1;2021-W01-3", kind: Date, unit: "day", step: 1, missing: "2021-W01-2"},
	{
		labels: "1999-11-01;1999-12-01;2000-02-01", kind: Date, unit: "month", at: []float64{23998, 23999, 24001}, step: 1,
		missing: "2000-01-01",
	},
	{labels: "1999-12-31;2000-01-31;2000-03-31", kind: Date, unit: "month", step: 1, missing: "2000-02-29"},
	{labels: "1999-12-31;2000-12-31;2002-12-31", kind: Date, unit: "year", step: 1, missing: "2001-12-31"},
	{labels: "2020-01-06;2020-01-13;2020-01-27", kind: Date, unit: "day", step: 7, missing: "2020-01-20"},
	{
		labels: "2020-01-01T00:00:00Z;2020-01-01T01:00:00Z;2020-01-01T03:00:00Z", kind: DateTime, unit: "hour", step: 1,
		missing: "2020-01-01T02:00:00Z", at: []float64{438288},
	},
	{labels: "2020-01-01;2020-01-01 12:00;2020-01-02", kind: DateTime, unit: "hour", step: 12},
	{
		labels: "2020-01-01 12:00;2020-01-02 12:00;2020-01-04 12:00", kind: DateTime, unit: "day", step: 1,
		missing: "2020-01-03 12:00", at: []float64{18262.5},
	},
	{
		labels: "31/12/2019 23:45;01/01/2020 00:00;01/01/2020 00:30", kind: DateTime, unit: "minute", step: 15,
		missing: "01/01/2020 00:15",
	},
	{
		labels: "12/31/2019 11:00 PM;1/1/2020 12:00 AM;1/1/2020 2:00 AM", kind: DateTime, unit: "hour", step: 1,
		missing: "1/1/2020 1:00 AM",
	},
	{
		labels: "2020-03-29T01:00:00+01:00;2020-03-29T03:00:00+02:00;2020-03-29T05:00:00+02:00", kind: DateTime, unit: "hour",
		step: 1, missing: "2020-03-29T03:00:00+01:00",
	},
	{
		labels: "20200101T0000;20200101T0600;20200101T1800", kind: DateTime, unit: "hour", step: 6,
		missing: "20200101T1200",
	},
	{labels: "2020010100;2020010106;2020010118", kind: DateTime, unit: "hour", step: 6, missing: "2020010112"},
	{
		labels: "2020-01-01 00:00:00.250;2020-01-01 00:00:00.500;2020-01-01 00:00:01.000", kind: DateTime, unit: "second",
		step: 0.25, missing: "2020-01-01 00:00:00.750",
	},
	{
		labels: "2005Q4;2006Q1;2006Q3", kind: Quarter, unit: "quarter", at: []float64{8023, 8024}, step: 1,
		missing: "2006Q2",
	},
	{labels: "2005-Q4;2006-Q1;2006-Q3", kind: Quarter, unit: "quarter", step: 1, missing: "2006-Q2"},
	{labels: "Q4 2005;Q1 2006;Q3 2006", kind: Quarter, unit: "quarter", step: 1, missing: "Q2 2006"},
	{
		labels: "00:00;01:00;03:00", kind: Clock, unit: "hour", at: []float64{0, 1, 3}, step: 1,
		missing: "02:00", cyclic: true,
	},
	{labels: "9:00;9:30;10:30", kind: Clock, unit: "minute", step: 30, missing: "10:00", cyclic: true},
	{labels: "Jan;Feb;Apr;Dec", kind: MonthName, unit: "month", at: []float64{1, 2, 4, 12}, step: 1, cyclic: true},
	{
		labels: "Monday;Tuesday;Thursday", kind: Weekday, unit: "day", at: []float64{0, 1, 3}, step: 1,
		missing: "Wednesday", cyclic: true,
	},
	{labels: "Q1;Q2;Q4", kind: QuarterName, unit: "quarter", step: 1, missing: "Q3", cyclic: true},
	// Names, even where some of them are numbers.
	{labels: "1;01;2"},
	{labels: "007;12;0150"},
	{labels: "aberporth;oxford;whitby"},
	{labels: "A;1;2"},
	{labels: "1;1.0;2"},
	{labels: "s1;s2;s3"},
	{labels: "2020;2020-01;2020-01-01"},
	{labels: "2020-13;2020-14"},
	{labels: "2020-01-01T00:00:00Z;2020-01-01T01:00:00"},
	{labels: "12:00-13:00;13:00-14:00"},
	{labels: "1/2/20;1/3/20"},
	{labels: "NaN;Inf;1"},
	{labels: "0x1;0x2"},
	{labels: "1_0;2_0"},
	{labels: "10.0.0.1;10.0.0.2"},
	{labels: "123-45;123-46"},
	{labels: "Mon;Jan"},
	{labels: "May"},
}

func TestLabelsAreReadAsTheirOwnersMeanThem(t *testing.T) {
	for _, c := range reads {
		labels := strings.Split(c.labels, ";")
		a, err := Read(labels, c.hints)
		if err != nil {
			t.Errorf("%s: %v", c.labels, err)
			continue
		}
		if a.Kind != c.kind || a.Unit != c.unit || a.Cyclic != c.cyclic {
			t.Errorf("%s: kind %q unit %q cyclic %v, want %q %q %v (%s)", c.labels, a.Kind, a.Unit, a.Cyclic, c.kind, c.unit,
				c.cyclic, a.Doubt)
			continue
		}
		if a.Kind == None {
			continue
		}
		for i, x := range c.at {
			if math.Abs(a.At[i]-x) > 1e-12 {
				t.Errorf("%s: label %d lies at %v, want %v", c.labels, i, a.At[i], x)
			}
		}
		if !slices.IsSorted(a.Order) {
			t.Errorf("%s: the order is %v", c.labels, a.Order)
		}
		if math.Abs(a.Step-c.step) > 1e-9*c.step {
			t.Errorf("%s: step %v, want %v", c.labels, a.Step, c.step)
		}
		if c.missing == "" {
			continue
		}
		var missing []string
		for x := range a.MissingSteps() {
			label, ok := a.Label(x)
			if !ok {
				t.Errorf("%s: %v has no label (%q)", c.labels, x, label)
			}
			missing = append(missing, label)
		}
		if strings.Join(missing, ";") != c.missing || len(missing) != a.Missing {
			t.Errorf("%s: missing %v (%d), want %s", c.labels, missing, a.Missing, c.missing)
		}
	}
}

func TestDatesThatContradictEachOther(t *testing.T) {
	for labels, want := range map[string]string{
		"13/02/2020;02/13/2020;01/01/2020":  `"13/02/2020" has the day first, "02/13/2020" has the month first`,
		"01/02/2020;01/03/2020;02/03/2020":  `"01/02/2020" may have the day or the month first`,
		"01-02-2020;01-03-2020":             "--dates dmy",
		"13.02.2020;02.13.2020":             "write all dates in one form",
		"13/02/2020 10:00;02/13/2020 11:00": "has the month first",
		"2020-02-13;01/02/2020;2020-02-15":  `"01/02/2020" may have`,
		"dmy 01/02/2020;02/13/2020":         "--dates dmy says that the day comes first",
		"mdy 01/02/2020;13/02/2020":         "--dates mdy says that the month comes first",
	} {
		h := Hints{}
		if order, rest, found := strings.Cut(labels, " "); found && len(order) == 3 {
			h.Dates, labels = DateOrder(order), rest
		}
		_, err := Read(strings.Split(labels, ";"), h)
		conflict, ok := err.(*Conflict)
		if !ok || !strings.Contains(conflict.Error(), want) {
			t.Errorf("%s: %v, want %q", labels, err, want)
		}
	}
}

func TestWhatIsAlmostAnAxisIsDoubted(t *testing.T) {
	almost := []string{"2020-02-30"}
	for i := range 20 {
		almost = append(almost, time.Date(2020, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	}
	for want, labels := range map[string][]string{
		`20 of 21 labels are dates, but "2020-02-30" is not`: almost,
		`the labels "1" and "1.0" are the same number`:       {"1", "1.0", "2"},
		`"1/2/20" has a year of two digits`:                  {"1/2/20", "1/3/20"},
		`"21/2/28" has a year of two digits`:                 {"21/2/28", "21/3/28"},
		`1 of 2 times have a zone, the others have none`:     {"2020-01-01T00:00:00Z", "2020-01-01T01:00:00"},
		`the labels "2020-01-01T00:00:00Z" and "2020-01-01T01:00:00+01:00" are the same date and time`: {
			"2020-01-01T00:00:00Z", "2020-01-01T01:00:00+01:00",
		},
	} {
		a, err := Read(labels, Hints{})
		if err != nil || a.Kind != None || !strings.HasPrefix(a.Doubt, want) {
			t.Errorf("%v: %q %v %v", want, a.Doubt, a.Kind, err)
		}
	}
}

// series is so many labels of a layout, a step apart.
func series(layout string, count int, step time.Duration) (labels []string) {
	start := time.Date(2019, 3, 30, 0, 0, 0, 0, time.UTC)
	for i := range count {
		labels = append(labels, start.Add(time.Duration(i)*step).Format(layout))
	}
	return labels
}

func TestPeriodsAreThoseOfTheCalendar(t *testing.T) {
	months := make([]string, 40)
	quarters, years := slices.Clone(months), slices.Clone(months)
	for i := range months {
		months[i] = fmt.Sprintf("%d-%02d", 2000+i/12, 1+i%12)
		quarters[i] = fmt.Sprintf("Q%d %d", 1+i%4, 2000+i/4)
		years[i] = fmt.Sprint(1950 + i)
	}
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		labels []string
		want   []float64
	}{
		"hours of a month":      {series("2006-01-02 15:04", 720, time.Hour), []float64{24, 168}},
		"hours of two years":    {series("2006-01-02 15:04", 17520, time.Hour), []float64{24, 168, 365.2425 * 24}},
		"half-hours of a week":  {series("2006-01-02T15:04:05Z07:00", 336*2, time.Hour/2), []float64{1440, 7 * 1440}},
		"six hours":             {series("2006-01-02 15:04", 100, 6*time.Hour), []float64{24, 168}},
		"days of a season":      {series("2006-01-02", 90, day), []float64{7}},
		"days of three years":   {series("02.01.2006", 1000, day), []float64{7, 365.2425}},
		"weeks of three years":  {series("2006-01-02", 160, 7*day), []float64{365.2425}},
		"months":                {months, []float64{12}},
		"half a year of months": {months[:6], nil},
		"quarters":              {quarters, []float64{4}},
		"years":                 {years, nil},
		"months of the year":    {[]string{"Jan", "Feb", "Mar"}, []float64{12}},
		"days of the week":      {[]string{"Mon", "Tue", "Wed"}, []float64{7}},
		"hours of the day":      {[]string{"00:00", "01:00", "02:00"}, []float64{24}},
		"seconds since 1970":    {numbered(300, 1672531200, 3600), []float64{86400, 604800}},
		"quarter-hours":         {[]string{"00:00", "00:15", "00:30"}, []float64{1440}},
	} {
		a, err := Read(c.labels, Hints{Name: "timestamp"})
		if err != nil || !slices.Equal(a.Periods, c.want) {
			t.Errorf("%s: periods %v in %ss, want %v (%v)", name, a.Periods, a.Unit, c.want, err)
		}
		if a.Regular != 1 || a.Missing != 0 {
			t.Errorf("%s: regular %v, %d missing", name, a.Regular, a.Missing)
		}
	}
}

func TestDaysAgainstTheStandardLibrary(t *testing.T) {
	for day := -800_000; day < 800_000; day += 17 {
		want := time.Unix(int64(day)*86400, 0).UTC()
		y, m, d := date(day)
		if y != want.Year() || m != int(want.Month()) || d != want.Day() || days(y, m, d) != day {
			t.Fatalf("day %d: %d-%d-%d and back %d, want %v", day, y, m, d, days(y, m, d), want)
		}
		isoYear, week := want.ISOWeek()
		if y, w := weekOf(day); y != isoYear || w != week || isoWeek(y, w)+weekday(day) != day {
			t.Fatalf("day %d: week %d of %d, want %d of %d", day, w, y, week, isoYear)
		}
	}
}

func TestEveryTimeAgainstTheStandardLibrary(t *testing.T) {
	for _, layout := range []string{
		time.RFC3339, time.RFC3339Nano, time.DateTime, "2006-01-02T15:04", "2006/01/02 15:04", "02 Jan 2006 15:04:05",
		"Mon, 02 Jan 2006 15:04:05 -0700", "Mon Jan _2 15:04:05 2006", "20060102T150405Z", "January 2, 2006 3:04:05 PM",
		"2006-01-02 15:04:05.000000",
	} {
		zone := time.FixedZone("", -(5*60+30)*60)
		var labels []string
		var times []time.Time
		for i := range 50 {
			at := time.Date(2018, 11, 3, 5, 7, 9, 0, zone).Add(time.Duration(i*i) * 7919 * time.Minute)
			labels, times = append(labels, at.Format(layout)), append(times, at)
		}
		a, err := Read(labels, Hints{})
		if err != nil || a.Kind != DateTime {
			t.Errorf("%s: %q %v %s", layout, a.Kind, err, a.Doubt)
			continue
		}
		for i := range labels {
			want := times[i].Sub(times[0]).Minutes()
			if a.Unit != "minute" || math.Abs(a.At[i]-a.At[0]-want) > 1e-6 {
				t.Errorf("%s: %s lies %v %ss behind %s, want %v", layout, labels[i], a.At[i]-a.At[0], a.Unit, labels[0], want)
			}
			if label, ok := a.Label(a.At[i]); !ok || label != labels[i] {
				t.Errorf("%s: %v is written %q, want %q", layout, a.At[i], label, labels[i])
			}
		}
	}
}

func numbered(n, first, step int) (labels []string) {
	for i := range n {
		labels = append(labels, fmt.Sprint(first+step*i))
	}
	return labels
}

func TestDescriptions(t *testing.T) {
	for want, labels := range map[string]string{
		"4 dates from 2020-01-01 to 2020-01-05, step 1 day, 1 step missing (2020-01-04)": "2020-01-01;2020-01-02;" +
			"2020-01-03;2020-01-05",
		"3 months from 1999-12 to 2000-02, step 1 month":                       "1999-12;2000-01;2000-02",
		"3 numbers from 250 nm to 280 nm, step 10 nm, 1 step missing (270 nm)": "250 nm;260 nm;280 nm",
		"2 times since 1970 from 1672531200 (2023-01-01 00:00:00) to 1672534800 (2023-01-01 01:00:00), step 3600 seconds": "1672531200;" +
			"1672534800",
		"4 numbers from 1 to 9, at uneven distances":                                    "1;2;4;9",
		"2 dates from 13/02/2020 (2020-02-13) to 03/03/2020 (2020-03-03), step 19 days": "13/02/2020;03/03/2020",
		"": "a;b",
	} {
		a, err := Read(strings.Split(labels, ";"), Hints{Name: "time"})
		if got := a.Describe(3); got != want || err != nil {
			t.Errorf("%s: %q, want %q (%v)", labels, got, want, err)
		}
	}
}

func TestLabelsThatCannotBeWritten(t *testing.T) {
	dates, _ := Read([]string{"2020-01-01", "2020-01-02", "2020-01-04"}, Hints{})
	months, _ := Read([]string{"Jan", "Feb"}, Hints{})
	for _, c := range []struct {
		a *Axis
		x float64
	}{{&dates, 18262.5}, {&dates, math.NaN()}, {&dates, 1e300}, {&months, 13}} {
		if label, ok := c.a.Label(c.x); ok {
			t.Errorf("%v is written %q", c.x, label)
		}
	}
	if _, err := dates.Parse("2020-01"); err == nil || !strings.Contains(err.Error(), `"2020-01" is no date`) {
		t.Error(err)
	}
}

func TestYearsOfTwoDigitsWhereOneOrderAloneFits(t *testing.T) {
	for _, labels := range [][]string{{"03/28/21", "04/01/21"}, {"28.03.21", "01.04.21"}} {
		a, err := Read(labels, Hints{})
		if err != nil || a.Kind == None || a.Step != 4 {
			t.Errorf("%v: %q %v %v %v", labels, a.Doubt, a.Kind, a.Step, err)
		}
	}
}
