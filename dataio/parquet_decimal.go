//go:build !js

package dataio

import (
	"fmt"
	"math/big"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// decimalScale is how many digits of a number stand behind the decimal mark; false for a type that is no decimal.
func decimalScale(t parquet.Type) (scale int, ok bool) {
	if logical := t.LogicalType(); logical != nil {
		if d, ok := logical.Value.(*format.DecimalType); ok && d.Scale >= 0 && d.Scale <= 76 {
			return int(d.Scale), true
		}
	}
	return 0, false
}

// unscaled is a decimal without its mark.
func unscaled(v parquet.Value) *big.Int {
	switch v.Kind() {
	case parquet.Int32:
		return big.NewInt(int64(v.Int32()))
	case parquet.Int64:
		return big.NewInt(v.Int64())
	}
	digits := v.ByteArray()
	n := new(big.Int).SetBytes(digits)
	if len(digits) > 0 && digits[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(digits))))
	}
	return n
}

// appendDecimal spells a decimal with all its digits.
func appendDecimal(out []byte, v parquet.Value, scale int) []byte {
	n := unscaled(v)
	text := new(big.Int).Abs(n).String()
	for len(text) <= scale {
		text = "0" + text
	}
	if n.Sign() < 0 {
		out = append(out, '-')
	}
	out = append(out, text[:len(text)-scale]...)
	if scale > 0 {
		out = append(append(out, '.'), text[len(text)-scale:]...)
	}
	return out
}

// decimalValue rounds a number to a decimal of a type.
func decimalValue(value float64, scale int, t parquet.Type) (v parquet.Value, err error) {
	text := strconv.FormatFloat(value, 'f', scale, 64)
	digits := make([]byte, 0, len(text))
	for _, c := range []byte(text) {
		if c != '.' {
			digits = append(digits, c)
		}
	}
	n, ok := new(big.Int).SetString(string(digits), 10)
	precision := int(t.LogicalType().Value.(*format.DecimalType).Precision)
	most := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(min(max(precision, 0), 80))), nil)
	if !ok || n.CmpAbs(most) >= 0 {
		return v, fmt.Errorf("does not fit into a decimal of %d digits, %d of them behind the mark", precision, scale)
	}
	switch t.Kind() {
	case parquet.Int32:
		return parquet.Int32Value(int32(n.Int64())), nil
	case parquet.Int64:
		return parquet.Int64Value(n.Int64()), nil
	}
	size := t.Length()
	if t.Kind() == parquet.ByteArray {
		size = (n.BitLen() + 8) / 8
	}
	if n.BitLen() >= 8*size {
		return v, fmt.Errorf("does not fit into a decimal of %d bytes", size)
	}
	if n.Sign() < 0 {
		n.Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	bytes := n.FillBytes(make([]byte, size))
	if t.Kind() == parquet.ByteArray {
		return parquet.ByteArrayValue(bytes), nil
	}
	return parquet.FixedLenByteArrayValue(bytes), nil
}
