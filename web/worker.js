// The engine in a worker: it loads lacuna.wasm and answers the page's messages {id, call, …} with {id, …}.
importScripts("wasm_exec.js");

const go = new Go();
self.ready = () => postMessage({ ready: true });

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

WebAssembly.instantiateStreaming(fetch("lacuna.wasm"), go.importObject)
  .then(({ instance }) => go.run(instance))
  .catch((cause) => postMessage({ failed: String(cause) }));
