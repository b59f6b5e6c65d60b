// Package wasm writes modules of WebAssembly: what few instructions the kernels need.
package wasm

import "slices"

// Expression is code that leaves one value on the stack, Statement code that leaves none, Local a parameter or variable.
type (
	Expression []byte
	Statement  []byte
	Local      int
)

// Types of values. A V128 is two float64.
const (
	I32  = 0x7f
	F64  = 0x7c
	V128 = 0x7b

	empty = 0x40 // of a block that leaves no value
)

// Function is a function of a module.
type Function struct {
	Name string

	params, results, variables, body []byte
}

// Takes adds n parameters of a type. They come before variables.
func (f *Function) Takes(kind byte, n int) []Local {
	first := len(f.params)
	f.params = append(f.params, slices.Repeat([]byte{kind}, n)...)
	return counted(first, n)
}

// Has adds n variables of a type, which begin as 0.
func (f *Function) Has(kind byte, n int) []Local {
	first := len(f.params) + len(f.variables)
	f.variables = append(f.variables, slices.Repeat([]byte{kind}, n)...)
	return counted(first, n)
}

func counted(first, n int) (s []Local) {
	for i := range n {
		s = append(s, Local(first+i))
	}
	return s
}

// Does adds statements to the body.
func (f *Function) Does(statements ...Statement) { f.body = append(f.body, Block(statements...)...) }

// Returns ends the body with a result of a type.
func (f *Function) Returns(kind byte, value Expression) {
	f.results = []byte{kind}
	f.body = append(f.body, value...)
}

// Block does statements one after another.
func Block(statements ...Statement) Statement { return slices.Concat(statements...) }

// Get is the value of a local, Set gives it one, Advance adds to it.
func (l Local) Get() Expression { return append(Expression{0x20}, unsigned(int(l))...) }

func (l Local) Set(value Expression) Statement {
	return slices.Concat(Statement(value), Statement{0x21}, unsigned(int(l)))
}

func (l Local) Advance(by Expression) Statement { return l.Set(Add(l.Get(), by)) }

func operation(code []byte, operands ...Expression) Expression {
	return append(slices.Concat(operands...), code...)
}

// Of I32: a constant, a + b, a b, a < b, 8 a, and what stands at an address.
func Constant(n int) Expression        { return append(Expression{0x41}, signed(n)...) }
func Add(a, b Expression) Expression   { return operation([]byte{0x6a}, a, b) }
func Mul(a, b Expression) Expression   { return operation([]byte{0x6c}, a, b) }
func Less(a, b Expression) Expression  { return operation([]byte{0x48}, a, b) }
func Times8(a Expression) Expression   { return operation([]byte{0x74}, a, Constant(3)) }
func LoadI32(at Expression) Expression { return operation([]byte{0x28, 2, 0}, at) }

// Of F64: a + b, and to store one.
func AddF64(a, b Expression) Expression { return operation([]byte{0xa0}, a, b) }

func StoreF64(at, value Expression) Statement {
	return Statement(operation([]byte{0x39, 3, 0}, at, value))
}

// Of V128, so many bytes behind an address: both numbers, or one for both.
func Load(at Expression, offset int) Expression {
	return operation(append([]byte{0xfd, 0x00, 3}, unsigned(offset)...), at)
}

func Store(at Expression, offset int, value Expression) Statement {
	return Statement(operation(append([]byte{0xfd, 0x0b, 3}, unsigned(offset)...), at, value))
}

func LoadBoth(at Expression, offset int) Expression {
	return operation(append([]byte{0xfd, 0x0a, 3}, unsigned(offset)...), at)
}

// LoadFirst loads the first number, and 0; StoreFirst stores the first.
func LoadFirst(at Expression) Expression { return operation([]byte{0xfd, 0x5d, 3, 0}, at) }

func StoreFirst(at, value Expression) Statement {
	return Statement(operation([]byte{0xfd, 0x5b, 3, 0, 0}, at, value))
}

// Both is a number twice, Number one of the two.
func Both(a Expression) Expression           { return operation([]byte{0xfd, 0x14}, a) }
func Number(v Expression, n byte) Expression { return operation([]byte{0xfd, 0x21, n}, v) }

// Negative is −a, Product a b, Fused a b + c, which the processor rounds once or twice.
func Negative(a Expression) Expression    { return operation([]byte{0xfd, 0xed, 0x01}, a) }
func Product(a, b Expression) Expression  { return operation([]byte{0xfd, 0xf2, 0x01}, a, b) }
func Fused(a, b, c Expression) Expression { return operation([]byte{0xfd, 0x87, 0x02}, a, b, c) }

// While repeats statements as long as a condition holds.
func While(condition Expression, body ...Statement) Statement {
	return slices.Concat(Statement{0x02, empty, 0x03, empty}, Statement(condition), Statement{0x45, 0x0d, 1},
		Block(body...), Statement{0x0c, 0, 0x0b, 0x0b})
}

// Repeat does statements n times and once at least. It counts n down to 0.
func Repeat(n Local, body ...Statement) Statement {
	return slices.Concat(Statement{0x03, empty}, Block(body...), n.Advance(Constant(-1)), Statement(n.Get()),
		Statement{0x0d, 0, 0x0b})
}

// If does one of two.
func If(condition Expression, then, otherwise Statement) Statement {
	return slices.Concat(Statement(condition), Statement{0x04, empty}, then, Statement{0x05}, otherwise, Statement{0x0b})
}

// Module is a module that exports functions, which work in the memory that it imports as mem of env.
func Module(functions ...*Function) []byte {
	count := unsigned(len(functions))
	types, indices, exports, code := count, count, count, count
	for i, f := range functions {
		types = slices.Concat(types, []byte{0x60}, sized(f.params), sized(f.results))
		indices = slices.Concat(indices, unsigned(i))
		exports = slices.Concat(exports, sized([]byte(f.Name)), []byte{0}, unsigned(i))
		variables := unsigned(len(f.variables))
		for _, kind := range f.variables {
			variables = append(variables, 1, kind)
		}
		code = slices.Concat(code, sized(slices.Concat(variables, f.body, []byte{0x0b})))
	}
	memory := slices.Concat([]byte{1}, sized([]byte("env")), sized([]byte("mem")), []byte{2, 0, 1})
	return slices.Concat([]byte("\x00asm\x01\x00\x00\x00"), section(1, types), section(2, memory), section(3, indices),
		section(7, exports), section(10, code))
}

func section(id byte, content []byte) []byte { return append([]byte{id}, sized(content)...) }

func sized(content []byte) []byte { return append(unsigned(len(content)), content...) }

// unsigned and signed are LEB128.
func unsigned(n int) (s []byte) {
	for ; n >= 0x80; n >>= 7 {
		s = append(s, byte(n)|0x80)
	}
	return append(s, byte(n))
}

func signed(n int) (s []byte) {
	for ; n < -0x40 || n >= 0x40; n >>= 7 {
		s = append(s, byte(n)|0x80)
	}
	return append(s, byte(n)&0x7f)
}
