// The engine in a worker: it loads lacuna.wasm and answers the page's messages {id, call, …} with {id, …}.
importScripts("wasm_exec.js", "kernels.js");

const go = new Go();
const loadKernels = offerKernels(go.importObject);
self.ready = () => postMessage({ ready: true, quick: go.importObject.kernel.fuses() === 1 });

onmessage = ({ data }) => {
  switch (data.call) {
    case "open":
      postMessage({ id: data.id, answer: lacuna.open(data.name, new Uint8Array(data.bytes), JSON.stringify(data.reading)) });
      break;
    case "fill":
      lacuna.fill(JSON.stringify(data.work),
        (share, note) => postMessage({ progress: { share, note } }),
        (answer, table) => postMessage({ id: data.id, answer, table }));
      break;
    case "stop":
      lacuna.stop();
  }
};

async function start() {
  const kernels = fetch("kernel.wasm").then((answer) => answer.arrayBuffer());
  const { instance } = await WebAssembly.instantiateStreaming(fetch("lacuna.wasm"), go.importObject);
  await loadKernels(instance, await kernels);
  await go.run(instance);
}
start().catch((cause) => postMessage({ failed: String(cause) }));
