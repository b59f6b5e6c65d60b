// What lacuna.wasm, built with -tags page, imports beside what Go's programs do: kernels with WebAssembly's vectors. They are
// a module of their own, kernel.wasm, that works in the program's memory.

// offerKernels adds them to what the program may import, and returns what is to be called with the program's instance and
// the bytes of kernel.wasm. Without it, or where the browser lacks these instructions or rounds a product before it adds,
// the program is told to use its own loops: the same numbers, later.
function offerKernels(imports) {
  let kernels;
  imports.kernel = {
    fuses: () => Number(kernels !== undefined && kernels.fused(1 + 2 ** -30, 1 + 2 ** -30, -1 - 2 ** -29) === 2 ** -60),
    gemmSub: (c, a, b, m, n, k, ldc, lda, ldb) => kernels.gemmSub(c, a, b, m, n, k, ldc, lda, ldb),
    addGram: (c, x, y, from, to, k, stride) => kernels.addGram(c, x, y, from, to, k, stride),
    products: (out, a, b, i, j, count, lanes, stride) => kernels.products(out, a, b, i, j, count, lanes, stride),
    pairDots: (out, a, b, i, j, count, stride) => kernels.pairDots(out, a, b, i, j, count, stride),
    scaleRows: (out, a, s, count, stride) => kernels.scaleRows(out, a, s, count, stride),
  };
  return async (instance, bytes) => {
    if (WebAssembly.validate(bytes)) {
      kernels = (await WebAssembly.instantiate(bytes, { env: { mem: instance.exports.mem } })).instance.exports;
    }
  };
}
