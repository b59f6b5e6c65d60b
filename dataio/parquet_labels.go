//go:build !js

package dataio

import (
	"errors"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// grow stores new labels as the column stores its own.
func (s *parquetSource) grow(n int, labels []string) error {
	if n >= len(s.index) {
		return noColumn(s.path, labels[0])
	}
	k := s.index[n]
	for _, label := range labels {
		value, err := labelValue(label, s.stored[k][0], s.types[k])
		if err != nil {
			return &Error{
				Path: s.path, Column: s.names[k], Value: label, Problem: "cannot be stored in the column",
				Remedy: "give a step that it can store",
			}
		}
		s.stored[k] = append(s.stored[k], value)
	}
	return nil
}

// labelValue is the inverse of appendLabel, stored as another label of the same column is.
func labelValue(text string, like parquet.Value, t parquet.Type) (v parquet.Value, err error) {
	var logical any
	if l := t.LogicalType(); l != nil {
		logical = l.Value
	}
	stamp, isTime := logical.(*format.TimestampType)
	_, isDate := logical.(*format.DateType)
	_, isDecimal := decimalScale(t)
	switch kind := like.Kind(); {
	case isDecimal:
		err = errors.ErrUnsupported
	case isDate:
		var day time.Time
		day, err = time.Parse(time.DateOnly, text)
		v = parquet.Int32Value(int32(day.Unix() / 86400))
	case isTime:
		var at time.Time
		at, err = time.Parse(time.RFC3339Nano, text)
		v = parquet.Int64Value(countOf(at, stamp))
	case kind == parquet.Int32 || kind == parquet.Int64:
		var whole int64
		whole, err = strconv.ParseInt(text, 10, map[parquet.Kind]int{parquet.Int32: 32, parquet.Int64: 64}[kind])
		v = parquet.Int64Value(whole)
		if kind == parquet.Int32 {
			v = parquet.Int32Value(int32(whole))
		}
	case kind == parquet.Float || kind == parquet.Double:
		var x float64
		x, err = strconv.ParseFloat(text, 64)
		v = parquet.DoubleValue(x)
		if kind == parquet.Float {
			v = parquet.FloatValue(float32(x))
		}
	case kind == parquet.ByteArray:
		v = parquet.ByteArrayValue([]byte(text))
	default:
		err = errors.ErrUnsupported
	}
	return v.Level(like.RepetitionLevel(), like.DefinitionLevel(), like.Column()), err
}

// appendLabel spells an index for people.
func appendLabel(out []byte, v parquet.Value, t parquet.Type) []byte {
	var logical any
	if l := t.LogicalType(); l != nil {
		logical = l.Value
	}
	if scale, ok := decimalScale(t); ok {
		return appendDecimal(out, v, scale)
	}
	switch v.Kind() {
	case parquet.Boolean:
		return strconv.AppendBool(out, v.Boolean())
	case parquet.Int32:
		if _, ok := logical.(*format.DateType); ok {
			return time.Unix(int64(v.Int32())*86400, 0).UTC().AppendFormat(out, time.DateOnly)
		}
		return strconv.AppendInt(out, int64(v.Int32()), 10)
	case parquet.Int96: // nanoseconds of a day, and the day of the Julian period
		at := v.Int96()
		day, nanos := int64(at[2])-2440588, int64(at[1])<<32|int64(at[0])
		return time.Unix(day*86400, nanos).UTC().AppendFormat(out, time.RFC3339Nano)
	case parquet.Int64:
		if stamp, ok := logical.(*format.TimestampType); ok {
			return timeOf(v.Int64(), stamp).AppendFormat(out, time.RFC3339Nano)
		}
		return strconv.AppendInt(out, v.Int64(), 10)
	case parquet.Float:
		return strconv.AppendFloat(out, float64(v.Float()), 'g', -1, 32)
	case parquet.Double:
		return strconv.AppendFloat(out, v.Double(), 'g', -1, 64)
	case parquet.ByteArray:
		return append(out, v.ByteArray()...)
	}
	return append(out, v.String()...)
}

func timeOf(count int64, stamp *format.TimestampType) time.Time {
	switch stamp.Unit.Value.(type) {
	case *format.MilliSeconds:
		return time.UnixMilli(count).UTC()
	case *format.MicroSeconds:
		return time.UnixMicro(count).UTC()
	}
	return time.Unix(0, count).UTC()
}

// countOf is the inverse of timeOf.
func countOf(at time.Time, stamp *format.TimestampType) int64 {
	switch stamp.Unit.Value.(type) {
	case *format.MilliSeconds:
		return at.UnixMilli()
	case *format.MicroSeconds:
		return at.UnixMicro()
	}
	return at.UnixNano()
}
