package coordinate

// days counts the days from 1970-01-01 to a date of the Gregorian calendar, negative before it (the algorithm
// days_from_civil of H. Hinnant). Months count from 1.
func days(year, month, day int) int {
	if month <= 2 {
		year--
	}
	era := floorDivide(year, 400)
	ofEra := year - 400*era
	ofYear := (153*((month+9)%12)+2)/5 + day - 1
	return 146097*era + 365*ofEra + ofEra/4 - ofEra/100 + ofYear - 719468
}

// date is the inverse of days.
func date(days int) (year, month, day int) {
	days += 719468
	era := floorDivide(days, 146097)
	ofEra := days - 146097*era
	year = (ofEra - ofEra/1460 + ofEra/36524 - ofEra/146096) / 365
	ofYear := ofEra - (365*year + year/4 - year/100)
	month = (5*ofYear + 2) / 153
	day = ofYear - (153*month+2)/5 + 1
	month += 3
	if month > 12 {
		month -= 12
		year++
	}
	return year + 400*era, month, day
}

func floorDivide(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// monthLength is the number of days of a month.
func monthLength(year, month int) int {
	if month == 12 {
		return 31
	}
	return days(year, month+1, 1) - days(year, month, 1)
}

// weekday is 0 for Monday to 6.
func weekday(days int) int { return days + 3 - 7*floorDivide(days+3, 7) }

// isoWeek is the first day of a week of ISO 8601, whose first week holds the 4th of January.
func isoWeek(year, week int) int {
	fourth := days(year, 1, 4)
	return fourth - weekday(fourth) + 7*(week-1)
}

// weeksOf is 52 or 53.
func weeksOf(year int) int { return (isoWeek(year+1, 1) - isoWeek(year, 1)) / 7 }

// weekOf is the year and the week of a day by ISO 8601.
func weekOf(day int) (year, week int) {
	year, _, _ = date(day - weekday(day) + 3)
	return year, (day-isoWeek(year, 1))/7 + 1
}
